import MendProtocol

/// What was said of a group, and what was seen of it, from which its state follows.
struct GroupStanding: Equatable {
    var resolvedAt: Int64?
    var regressedAt: Int64?
    var mutedAt: Int64?
    var mutedUntil: Int64?
    var mutedOccurrences: Int64?
    /// The whole hour of elapsed time in which it last escalated.
    var escalatedHour: Int64?

    func isMuted(occurrences: Int64, now: Moment) -> Bool {
        mutedAt != nil && now.wallMs < mutedUntil ?? .max && occurrences < mutedOccurrences ?? .max
    }

    func state(occurrences: Int64, now: Moment) -> GroupState {
        if isMuted(occurrences: occurrences, now: now) { return .muted }
        if resolvedAt != nil { return .resolved }
        if let escalatedHour, (0...1).contains(now.hour - escalatedHour) { return .escalating }
        if regressedAt != nil { return .regressed }
        return occurrences == 1 ? .new : .ongoing
    }

    /// Whether so many in an hour are far more than there were before: ten times as many, and at least twenty.
    static func escalates(inHour: Int64, occurrences: Int64, firstSeenAt: Int64, now: Moment) -> Bool {
        let hours = (now.wallMs - firstSeenAt) / 3_600_000
        guard inHour >= 20, hours >= 1 else { return false }
        return inHour >= 10 * max(1, (occurrences - inHour) / hours)
    }
}

extension Moment {
    /// Reports are counted by whole hours of elapsed time.
    var hour: Int64 { elapsedMs / 3_600_000 }
}
