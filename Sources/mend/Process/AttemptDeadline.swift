import Glibc

/// When a command is asked to end, and when it is ended.
struct AttemptDeadline {
    let startedMs: Int64
    let timeoutMs: Int64?
    let killAfterMs: Int64
    /// Whether it took too long.
    private(set) var isOver = false
    /// When its group was asked to end.
    private var askedMs: Int64?
    private(set) var isKilled = false

    init(startedMs: Int64, timeoutMs: Int64?, killAfterMs: Int64) {
        (self.startedMs, self.timeoutMs, self.killAfterMs) = (startedMs, timeoutMs, killAfterMs)
    }

    /// Milliseconds to the next step; nothing where there is none.
    func waitMs(now: Int64) -> Int64? {
        if isKilled { return nil }
        if let askedMs { return max(0, askedMs + killAfterMs - now) }
        return timeoutMs.map { max(0, startedMs + $0 - now) }
    }

    /// What its group is to be sent now.
    mutating func signal(now: Int64) -> Int32? {
        guard waitMs(now: now) == 0 else { return nil }
        if askedMs != nil {
            isKilled = true
            return SIGKILL
        }
        isOver = true
        askedMs = now
        return SIGTERM
    }

    /// Ends it before its time: what its group is to be sent now.
    mutating func end(now: Int64) -> Int32? {
        guard askedMs == nil else { return nil }
        askedMs = now
        return SIGTERM
    }
}
