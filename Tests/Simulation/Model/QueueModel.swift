import MendEngine
import MendProtocol

/// What clients know of their operations.
final class QueueModel {
    /// A lease that somebody was told of.
    struct Holding {
        let lease: Int64
        let uid: UInt32
        /// When it may end at the earliest, in elapsed milliseconds.
        var untilMs: Int64
        var owner: Owner?
        /// It was tied to a connection of an earlier run of the daemon, and not presented since.
        var isOrphan = false
        /// It was ended, or may have been by a call whose answer was lost.
        var mayHaveEnded = false
        /// Its owner's end was told to the daemon.
        var ownerHasEnded = false
    }

    enum End: Equatable {
        case done, cancelled, dead, expired
    }

    /// What was asked for with `enqueue`, beside queue and payload.
    struct Wishes {
        var key: String?
        var maxAttempts: Int64 = 1
        var delayMs: Int64?
        var runAt: Int64?
        var expiresMs: Int64?
        var lane: String?
        var blocksLane = false
    }

    /// An operation by the number in its payload.
    final class Operation {
        let nonce: Int64
        let uid: UInt32
        let queue: Name
        let wishes: Wishes
        /// Known once the enqueue was answered or the operation was seen.
        var id: Int64?
        var isAcknowledged = false
        var holding: Holding?
        /// Holders that ended: their tokens say the same again.
        var doneWith: Int64?
        var end: End?
        /// A call that ends it, or brings it back, was sent and its answer was lost.
        var isUncertain = false

        /// It was purged.
        var isGone = false

        init(nonce: Int64, uid: UInt32, queue: Name, _ wishes: Wishes) {
            self.nonce = nonce
            self.uid = uid
            self.queue = queue
            self.wishes = wishes
        }

        var keyInQueue: String? { wishes.key.map { "\(queue)/\($0)" } }
    }

    private(set) var byNonce: [Int64: Operation] = [:]
    private(set) var byID: [Int64: Operation] = [:]
    /// Those with a holder, in the order of their leases: what workers choose from.
    private(set) var held: [Operation] = []
    private(set) var known: [Operation] = []
    private(set) var dead: [Operation] = []
    /// Dead letters that were put back, or may have been.
    var revivals: Int64 = 0
    private var lastLease: Int64 = 0

    func new(uid: UInt32, queue: Name, _ wishes: Wishes) -> Operation {
        let operation = Operation(nonce: Int64(byNonce.count) + 1, uid: uid, queue: queue, wishes)
        byNonce[operation.nonce] = operation
        return operation
    }

    func enqueued(_ operation: Operation, as id: Int64, deduplicated: Bool) throws {
        if deduplicated {
            try require(
                byID[id].map { $0.keyInQueue == operation.keyInQueue } ?? true, .nothingInvented,
                "operation \(id) was answered for the key \(operation.keyInQueue ?? "-")")
            return
        }
        try require(
            byID[id] == nil || byID[id] === operation, .nothingInvented, "the id \(id) was given twice")
        operation.isAcknowledged = true
        know(operation, as: id)
    }

    private func know(_ operation: Operation, as id: Int64) {
        guard operation.id == nil else { return }
        operation.id = id
        byID[id] = operation
        known.append(operation)
    }

    /// A token was given: greater than all before it.
    func given(_ lease: Int64) throws {
        try require(lease > lastLease, .tokensGrow, "lease \(lease) came after \(lastLease)")
        lastLease = lease
    }

    func leased(_ leased: Leased, nonce: Int64, uid: UInt32, owner: Owner?, untilMs: Int64, now: Moment) throws {
        let id = leased.operation
        guard let operation = byNonce[nonce] else {
            throw Violation(.nothingInvented, "payload \(nonce) was never sent")
        }
        if operation.id == nil { know(operation, as: id) }
        try require(
            operation.id == id, .nothingInvented, "payload \(nonce) is of operation \(operation.id ?? 0), not \(id)")
        try require(operation.queue == leased.queue, .nothingInvented, "operation \(id) changed its queue")
        if let end = operation.end {
            try require(operation.isUncertain, .notDoneAgain, "operation \(id) is \(end) and was leased again")
        }
        if let holding = operation.holding {
            try require(
                holding.mayHaveEnded || holding.untilMs <= now.elapsedMs, .leasedOnce,
                "operation \(id) is leased until \(holding.untilMs), and was given again at \(now.elapsedMs)")
        }
        try require(
            leased.attempt <= operation.wishes.maxAttempts, .limitsHeld,
            "operation \(id) is at attempt \(leased.attempt) of \(operation.wishes.maxAttempts)")
        operation.end = nil
        operation.isUncertain = false
        hold(operation, Holding(lease: leased.lease, uid: uid, untilMs: untilMs, owner: owner))
    }

    private func hold(_ operation: Operation, _ holding: Holding) {
        if operation.holding == nil { held.append(operation) }
        operation.holding = holding
    }

    func release(_ operation: Operation) {
        operation.holding = nil
        held.removeAll { $0 === operation }
    }

    func ended(_ operation: Operation, _ end: End) {
        release(operation)
        operation.end = end
        operation.isUncertain = false
        if end == .dead { dead.append(operation) }
    }

    func revived(_ operation: Operation) {
        revivals += 1
        operation.end = nil
        dead.removeAll { $0 === operation }
    }

    // MARK: Owners and restarts

    func ownerEnds(_ owner: Owner) {
        for operation in held where operation.holding?.owner == owner {
            operation.holding?.mayHaveEnded = true
            operation.holding?.ownerHasEnded = true
        }
    }

    /// After a restart, what is by time alone keeps it, and at least the time of grace; what was tied to a connection has
    /// the time of grace; a reboot ends all.
    func restarted(at now: Moment, committedMs: Int64, hostRestarted: Bool) {
        let graceMs = now.elapsedMs + 30_000
        for operation in held {
            guard var holding = operation.holding else { continue }
            switch holding.owner {
            case _ where hostRestarted:
                holding.mayHaveEnded = true
                holding.ownerHasEnded = false
                holding.untilMs = now.elapsedMs
                holding.isOrphan = true
            case _ where holding.isOrphan, .connection:
                holding.mayHaveEnded = holding.mayHaveEnded || holding.untilMs <= committedMs
                holding.ownerHasEnded = false
                holding.untilMs = graceMs
                holding.isOrphan = true
            case _ where holding.untilMs <= committedMs: holding.mayHaveEnded = true
            case nil, .process: holding.untilMs = max(graceMs, holding.untilMs)
            }
            operation.holding = holding
        }
    }
}
