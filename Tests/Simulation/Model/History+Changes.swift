import MendEngine
import MendProtocol

/// Changes of operations that are in nobody's hands.
extension History {
    func becomesReady(
        _ entry: Entry, _ change: Change, as new: OperationState, _ commit: Commit
    ) throws {
        let now = commit.now
        let isTimely =
            entry.notBeforeMs ?? .min <= now.elapsedMs && entry.runAt ?? .min <= now.wallMs + Self.clockToleranceMs
            && (entry.laneKey != nil || change.oldDueMs ?? .max <= now.elapsedMs)
        try require(
            isTimely, .onTime,
            """
            operation \(entry.id) becomes ready at \(now.elapsedMs), by the wall clock \(now.wallMs), and waits until \
            \(entry.notBeforeMs ?? entry.runAt ?? 0); it was due at \(change.oldDueMs ?? 0)
            """)
        if let lane = entry.laneKey {
            // A dead letter that blocks its lane leaves it before it is purged.
            if let holder = lanes[lane]?.holder.flatMap({ entries[$0] }), holder.state == .dead,
                isPurged(holder, commit)
            {
                leaveLane(holder, as: .cancelled)
            }
            try require(
                (lanes[lane]?.holder == entry.id) == (new == .ready), .lanesInOrder,
                "operation \(entry.id) is \(new) in its lane, which operation \(lanes[lane]?.holder ?? 0) has")
        }
        try requireNotExpired(entry, now)
        entry.notBeforeMs = nil
        entry.runAt = nil
    }

    /// How far the wall clock may be off before the engine looks at it again.
    static let clockToleranceMs: Int64 = 1000

    func requireNotExpired(_ entry: Entry, _ now: Moment) throws {
        try require(
            entry.expiresMs ?? .max > now.elapsedMs, .expiredStays,
            "operation \(entry.id) is over since \(entry.expiresMs ?? 0), and goes on at \(now.elapsedMs)")
    }

    func expires(_ entry: Entry, _ commit: Commit) throws {
        try require(entry.transaction == nil, .undosExempt, "undo \(entry.id) expired")
        try require(
            entry.expiresMs ?? .max <= commit.now.elapsedMs, .changesExplained,
            "operation \(entry.id) expired before its time")
        expect(["operation.expired"], of: entry)
    }

    func isCancelled(_ entry: Entry, _ commit: Commit) throws {
        guard entry.request != nil else {
            return try require(
                transactions.mayBeSetAside(entry, commit), .undosExempt, "undo \(entry.id) was cancelled")
        }
        entry.isBeingPurged = isPurged(entry, commit)
        try require(
            commit.asked.cancelled.contains(entry.id) || entry.isBeingPurged, .changesExplained,
            "nobody cancelled operation \(entry.id)")
    }

    func isPurged(_ entry: Entry, _ commit: Commit) -> Bool {
        entry.request.map { commit.asked.purged[$0.queue]?.contains(entry.state) ?? false } ?? false
    }

    func isRevived(_ entry: Entry, _ commit: Commit) throws {
        guard let request = entry.request else {
            return try require(
                transactions.mayResume(entry, commit), .undosExempt, "undo \(entry.id) was put back on its queue")
        }
        try require(
            commit.asked.replayed.contains(entry.id), .changesExplained, "nobody replayed operation \(entry.id)")
        // Whoever replays it wants it to happen, also after its time.
        entry.expiresMs = nil
        if let key = request.keyInQueue {
            try require(
                liveKeys.updateValue(entry.id, forKey: key) == nil, .keyUnique,
                "two live operations have the key \(key)")
        }
        enterLane(entry)
    }

    func ended(_ entry: Entry, as state: OperationState) {
        if let key = entry.request?.keyInQueue, liveKeys[key] == entry.id { liveKeys[key] = nil }
        leaveLane(entry, as: state)
    }

    func forgotten(_ entry: Entry, _ commit: Commit) throws {
        try require(entry.transaction == nil, .undosExempt, "undo \(entry.id) was forgotten before its transaction")
        // A live one that is purged is cancelled first.
        let states = entry.request.flatMap { commit.asked.purged[$0.queue] } ?? []
        let wasLive = entry.state == .cancelled && entry.isBeingPurged
        try require(
            states.contains(entry.state) || wasLive, .nothingLost,
            "operation \(entry.id) was \(entry.state), and is not there any more")
        leaveLane(entry, as: .cancelled)
        entry.request?.isGone = true
        entries[entry.id] = nil
    }
}
