/// Times of single units of work.
package struct Latencies {
    /// What is told of them, in microseconds.
    package struct Summary {
        package let mean: Double
        package let median: Double
        package let percentile99: Double

        package init(mean: Double, median: Double, percentile99: Double) {
            self.mean = mean
            self.median = median
            self.percentile99 = percentile99
        }

        package var text: String {
            "mean \(Text.number(mean, decimals: 1)) µs, p50 \(Text.number(median, decimals: 1))"
                + ", p99 \(Text.number(percentile99, decimals: 1))"
        }
    }

    private var nanoseconds: [UInt32] = []

    package init(capacity: Int) {
        nanoseconds.reserveCapacity(capacity)
    }

    package mutating func add(_ time: UInt64) {
        nanoseconds.append(UInt32(clamping: time))
    }

    package func summary() -> Summary {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return Summary(mean: 0, median: 0, percentile99: 0) }
        let sum = sorted.reduce(UInt64(0)) { $0 + UInt64($1) }
        return Summary(
            mean: Double(sum) / Double(sorted.count) / 1_000,
            median: Double(sorted[sorted.count / 2]) / 1_000,
            percentile99: Double(sorted[sorted.count * 99 / 100]) / 1_000)
    }
}
