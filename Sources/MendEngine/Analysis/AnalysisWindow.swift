import MendProtocol

/// A window of time in about 24 whole steps of wall time.
struct AnalysisWindow: Hashable, Sendable {
    static let stepsAtMost: Int64 = 24
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000
    private static let stepMinutes: [Int64] = [1, 2, 3, 5, 10, 15, 30, 60, 120, 180, 360, 480, 720, 1440]

    /// Where the first step begins, and what is counted until: Unix milliseconds.
    let since: Int64
    let until: Int64
    let stepMs: Int64
    let steps: Int

    /// - Parameters:
    ///   - until: what is at this point is not counted any more.
    ///   - isExact: whether `since` is what was asked for, and not only the length: then its step is a further one.
    ///   - minutesSince: what is older is known by hours only.
    init(since: Int64, until: Int64, isExact: Bool, minutesSince: Int64) {
        let length = max(1, until - since)
        let least = since < minutesSince ? Self.hour : Self.minute
        let step =
            Self.stepMinutes.map { $0 * Self.minute }
            .first { $0 >= least && length - Self.minute <= $0 * Self.stepsAtMost }
            ?? (length + 86_400_000 * Self.stepsAtMost - 1) / (86_400_000 * Self.stepsAtMost) * 86_400_000
        let end = (until + step - 1) / step * step
        self.since = isExact ? since / step * step : end - (length + step - 1) / step * step
        stepMs = step
        steps = Int((end - self.since) / step)
        self.until = until
    }

    /// Steps and history by which spikes are judged: hours of two weeks where the window has several of them, otherwise
    /// its own steps of as long as there are minutes.
    struct History: Hashable, Sendable {
        let since: Int64
        let windowSince: Int64
        let until: Int64
        let stepMs: Int64

        var stepsPerDay: Int { Int(86_400_000 / stepMs) }
        var historySteps: Int { Int(max(0, windowSince - since) / stepMs) }
        var windowSteps: Int { Int(max(0, until - windowSince) / stepMs) }
    }

    private static let historyMs: Int64 = 14 * 86_400_000
    private static let judgedMs: Int64 = 7 * 86_400_000

    /// - Parameter began: since when anything is counted.
    func history(began: Int64, minutesSince: Int64) -> History {
        let isByHours = stepMs >= Self.hour || until - since >= 3 * Self.hour
        let step = isByHours ? Self.hour : stepMs
        let end = (until + step - 1) / step * step
        let start = (max(since, until - Self.judgedMs) + step - 1) / step * step
        let oldest = isByHours ? max(began, start - Self.historyMs) : max(began, minutesSince)
        let first = (oldest + step - 1) / step * step
        return History(since: min(first, start), windowSince: start, until: end, stepMs: step)
    }
}
