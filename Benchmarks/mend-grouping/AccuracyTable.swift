/// What was measured, beside what Drain3 reaches on the same messages.
struct AccuracyTable {
    private var rows: [(name: String, accuracy: Double, shuffled: [Double], microseconds: Double)] = []

    /// Drain3 0.9.11 as it comes, and with numbers, paths and ids masked before, on the corrected 2,000 messages of each
    /// set of loghub (https://github.com/logpai/loghub).
    private static let drain3: [String: (asItComes: Double, masked: Double)] = [
        "Apache": (1.000, 1.000), "HDFS": (0.998, 0.998), "Hadoop": (0.954, 0.963), "Linux": (0.684, 0.683),
        "OpenSSH": (0.720, 0.720), "Spark": (0.922, 0.922), "Windows": (0.571, 0.571), "Zookeeper": (0.967, 0.967),
    ]

    mutating func add(_ name: String, _ trial: Trial, shuffled: [Double]) {
        rows.append((name, trial.accuracy, shuffled, trial.microsecondsPerReport))
    }

    var text: String {
        var lines = [
            Self.line("set", ["in order", "shuffled", "worst", "us/report", "Drain3", "masked"])
        ]
        for row in rows {
            let peer = Self.drain3[row.name]
            lines.append(
                Self.line(
                    row.name,
                    [
                        Self.text(row.accuracy), Self.text(row.shuffled.average), Self.text(row.shuffled.min() ?? 0),
                        "\(Int(row.microseconds.rounded()))", peer.map { Self.text($0.asItComes) } ?? "",
                        peer.map { Self.text($0.masked) } ?? "",
                    ]))
        }
        let peers = rows.compactMap { Self.drain3[$0.name] }
        lines.append(
            Self.line(
                "average",
                [
                    Self.text(rows.map(\.accuracy).average), Self.text(rows.map(\.shuffled.average).average),
                    Self.text(rows.compactMap { $0.shuffled.min() }.average), "",
                    peers.isEmpty ? "" : Self.text(peers.map(\.asItComes).average),
                    peers.isEmpty ? "" : Self.text(peers.map(\.masked).average),
                ]))
        return lines.joined(separator: "\n")
    }

    private static func line(_ name: String, _ cells: [String]) -> String {
        name + String(repeating: " ", count: max(1, 12 - name.count))
            + cells.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private static func text(_ share: Double) -> String {
        let thousandths = Int((share * 10_000).rounded())
        let fraction = String(thousandths % 10_000)
        return "\(thousandths / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    }
}

extension [Double] {
    fileprivate var average: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
