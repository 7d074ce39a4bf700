/// Whether a service reports far more than its own history lets expect.
///
/// A step of time is compared with the same time of the days before (that step and its neighbours, so that a daily rhythm
/// is part of what is expected). Of those samples the median is the baseline, and the spread is the larger one of what
/// chance alone makes of it (Poisson: the root) and of what they show (1.4826 times the median absolute deviation, which
/// one past incident does not move). A step is a spike where it has more than
///
///     baseline + max(deviations × spread, baseline × (ratio - 1), floor)
///
/// The floor keeps quiet services from crying wolf, the ratio busy ones. What has been as high on three other days, or in
/// the same part of a week before, is a habit and no spike. The whole window is compared with the windows of the days
/// before in the same way, with smaller factors: this finds what grows slowly and never stands out of one step.
struct SpikeRule: Sendable {
    /// Reports above the baseline that a spike has at least.
    var floor = 20.0
    var deviations = 7.0
    var ratio = 2.5
    /// Of whole windows, which vary less.
    var windowDeviations = 6.0
    var windowRatio = 1.75

    struct Spike: Hashable, Sendable {
        /// The steps of the window.
        let steps: Range<Int>
        let count: Int64
        let baseline: Double
        let bound: Double
        /// How many samples of the history the baseline is the median of.
        let samples: Int
        let isWholeWindow: Bool
    }

    /// A service's reports by steps: the history, and the window right behind it.
    struct Series: Sendable {
        let history: [Int64]
        let window: [Int64]
        /// How many steps a day has; 0 where the history has not a day in it.
        let stepsPerDay: Int

        /// The count of a step, those of the history before 0.
        subscript(step: Int) -> Int64? {
            let place = history.count + step
            guard place >= 0, step < 0 else { return nil }
            return history[place]
        }
    }

    func spikes(in series: Series) -> [Spike] {
        let found = steps(in: series)
        if !found.isEmpty { return found }
        return wholeWindow(series).map { [$0] } ?? []
    }

    // MARK: Steps

    private func steps(in series: Series) -> [Spike] {
        var spikes: [Spike] = []
        var open: (first: Int, count: Int64, baseline: Double, bound: Double, samples: Int)?
        for step in 0...series.window.count {
            if step < series.window.count, let judged = judge(step, series) {
                let before = open ?? (step, 0, 0, 0, judged.samples)
                open = (
                    before.first, before.count + series.window[step], before.baseline + judged.baseline,
                    before.bound + judged.bound, judged.samples
                )
            } else if let ended = open {
                spikes.append(
                    Spike(
                        steps: ended.first..<step, count: ended.count, baseline: ended.baseline, bound: ended.bound,
                        samples: ended.samples, isWholeWindow: false))
                open = nil
            }
        }
        return spikes
    }

    private func judge(_ step: Int, _ series: Series) -> (baseline: Double, bound: Double, samples: Int)? {
        let count = Double(series.window[step])
        guard count > floor else { return nil }
        let samples = samples(step, series)
        guard samples.count >= 6 else { return nil }
        let expected = Expectation(samples)
        let bound = expected.bound(deviations: deviations, ratio: ratio, floor: floor)
        guard count > bound, !isHabit(step, count, series) else { return nil }
        return (expected.median, bound, samples.count)
    }

    /// The same time of the days before, with its neighbours; where there are few days, of what was just before, too.
    private func samples(_ step: Int, _ series: Series) -> [Int64] {
        let day = series.stepsPerDay
        guard day > 0 else { return [] }
        var samples: [Int64] = []
        var then = step - day
        var days = 0
        while then + series.history.count >= 0 {
            samples += [then - 1, then, then + 1].compactMap { series[$0] }
            then -= day
            days += 1
        }
        if days < 5 { samples += (max(-series.history.count, -day / 8)..<0).compactMap { series[$0] } }
        return samples
    }

    /// Whether that is nothing new: as high on three other days (on one, where there are few), or nearly as high at this
    /// time of the week.
    private func isHabit(_ step: Int, _ count: Double, _ series: Series) -> Bool {
        let day = series.stepsPerDay
        let days = series.history.count / day
        let highDays = (0..<days).count { number in
            let end = series.history.count - number * day
            return series.history[(end - day)..<end].contains { Double($0) * 1.1 >= count }
        }
        if highDays >= (days < 4 ? 1 : 3) { return true }
        return stride(from: step - 7 * day, through: -series.history.count, by: -7 * day).contains { then in
            [then - 1, then, then + 1].contains { series[$0].map { Double($0) * 1.5 >= count } ?? false }
        }
    }

    // MARK: The window

    private func wholeWindow(_ series: Series) -> Spike? {
        let (day, length) = (series.stepsPerDay, series.window.count)
        guard day > 0, length > 0 else { return nil }
        let count = series.window.reduce(0, +)
        let shift = (length + day - 1) / day * day
        var totals: [Int64] = []
        var start = -shift
        while start + series.history.count >= 0 {
            totals.append((start..<(start + length)).reduce(0) { $0 + (series[$1] ?? 0) })
            start -= shift
        }
        guard totals.count >= 5 else { return nil }
        let expected = Expectation(totals)
        let bound = expected.bound(deviations: windowDeviations, ratio: windowRatio, floor: 2 * floor)
        guard Double(count) > bound else { return nil }
        if totals.count(where: { Double($0) * 1.1 >= Double(count) }) >= 2 { return nil }
        // The same weekdays.
        let weekly = stride(from: 6, to: totals.count, by: 7).map { Double(totals[$0]) }
        if shift == day, weekly.contains(where: { $0 * 1.3 >= Double(count) }) { return nil }
        return Spike(
            steps: 0..<length, count: count, baseline: expected.median, bound: bound, samples: totals.count,
            isWholeWindow: true)
    }
}

/// What samples of the past let expect.
struct Expectation: Sendable {
    let median: Double
    let spread: Double

    init(_ samples: [Int64]) {
        let values = samples.map(Double.init)
        let middle = Self.median(values)
        median = middle
        spread = max(middle.squareRoot(), 1, 1.4826 * Self.median(values.map { abs($0 - middle) }))
    }

    func bound(deviations: Double, ratio: Double, floor: Double) -> Double {
        median + max(deviations * spread, (ratio - 1) * median, floor)
    }

    private static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
