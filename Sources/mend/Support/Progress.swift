import Glibc

/// How far something is that takes long, on one line of a terminal that is written over and over.
///
/// A pure value: the time is handed in, in milliseconds of any clock that does not jump.
package struct Progress {
    /// What is done sooner needs no line.
    private static let silentMs: Int64 = 1000
    private static let pauseMs: Int64 = 200
    private static let barWidth = 20

    private let what: String
    private let startMs: Int64
    private var shownMs: Int64?
    private var count: Int64 = 0
    private var share: Double?

    /// `what` is done with each: `imported`.
    package init(_ what: String, nowMs: Int64) {
        self.what = what
        startMs = nowMs
    }

    /// Whether there is a line that is to be taken away.
    package var isShown: Bool { shownMs != nil }

    /// - Parameter share: how much of all that is, where it is known.
    /// - Returns: the line, where it is time to show it.
    package mutating func line(_ count: Int64, share: Double? = nil, nowMs: Int64, width: Int = 79) -> String? {
        self.count = count
        self.share = share.map { min(max($0, 0), 1) }
        guard nowMs - startMs >= Self.silentMs, nowMs - (shownMs ?? .min / 2) >= Self.pauseMs else { return nil }
        shownMs = nowMs
        return String(text(afterMs: nowMs - startMs).prefix(width))
    }

    private func text(afterMs ms: Int64) -> String {
        let counted = "\(what) \(count), \(Int64(Double(count) * 1000 / Double(ms)))/s"
        guard let share else { return counted }
        let filled = Int(share * Double(Self.barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
        let known = "\(counted)  [\(bar)] \(Int(share * 100))%"
        guard share > 0.01 else { return known }
        // Whole seconds are enough.
        let restMs = Int64(Double(ms) * (1 - share) / share) / 1000 * 1000
        return "\(known)  \(DurationText.text(restMs)) left"
    }
}

/// The same on standard error, where somebody waits at a terminal.
struct ProgressBar {
    private var progress: Progress
    private let isWanted: Bool

    /// - Parameter output: where what is counted goes, or nothing where it does not come out: on the same terminal the
    ///   line would stand in between.
    init(_ what: String, _ globals: GlobalOptions, output: Int32? = nil) {
        let isInBetween = output.map { isatty($0) == 1 } ?? false
        isWanted = !globals.quiet && !globals.json && isatty(2) == 1 && !isInBetween
        progress = Progress(what, nowMs: Self.nowMs)
    }

    mutating func show(_ count: Int64, share: Double? = nil) {
        guard isWanted, let line = progress.line(count, share: share, nowMs: Self.nowMs) else { return }
        Notice.write("\r\(line)\u{1B}[K")
    }

    /// Takes the line away: what is said next begins on it.
    mutating func end() {
        if progress.isShown { Notice.write("\r\u{1B}[K") }
    }

    private static var nowMs: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
