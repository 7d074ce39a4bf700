import MendEngine
import MendProtocol

extension History {
    func leaseBegins(_ entry: Entry, _ change: Change, _ commit: Commit) throws {
        let now = commit.now
        try note(lease: change.lease ?? 0)
        try requireNotExpired(entry, now)
        try require(
            change.attempt == change.oldAttempt + 1, .attemptsFair,
            "operation \(entry.id) goes from attempt \(change.oldAttempt) to \(change.attempt)")
        if let lane = entry.laneKey {
            try require(
                lanes[lane]?.holder == entry.id, .lanesInOrder,
                "operation \(entry.id) is leased, and operation \(lanes[lane]?.holder ?? 0) has their lane")
        }
        try require(
            limits[entry.queue, default: Limits()].lease(at: now), .limitsHeld,
            "queue \(entry.queue) hands out more than its limits allow")
    }

    /// Only what a worker did, or did not do in its time, spends an attempt.
    func leaseEnds(_ entry: Entry, _ change: Change, as new: OperationState, _ commit: Commit) throws {
        let token = Asked.Token(operation: entry.id, lease: change.oldLease ?? 0)
        switch new {
        case .done:
            try require(
                commit.asked.completed.contains(token), .changesExplained, "nobody completed operation \(entry.id)")
        case .cancelled:
            try require(entry.transaction == nil, .undosExempt, "undo \(entry.id) was cancelled in a worker's hands")
            try require(
                commit.asked.cancelled.contains(entry.id), .changesExplained, "nobody cancelled operation \(entry.id)")
        case .expired:
            try require(entry.transaction == nil, .undosExempt, "undo \(entry.id) expired")
            let isOver = entry.expiresMs ?? .max <= commit.now.elapsedMs
            let failed = entry.expiresMs != nil && commit.asked.failed.contains(token)
            try require(isOver || failed, .changesExplained, "operation \(entry.id) expired before its time")
            expect(["operation.expired"], of: entry)
        case .dead: try dies(entry, change, token, commit)
        case .ready, .scheduled: try goesBack(entry, change, token, commit)
        case .held, .parked, .leased:
            throw Violation(.changesExplained, "operation \(entry.id) was leased, and is \(new)")
        }
    }

    private func dies(_ entry: Entry, _ change: Change, _ token: Asked.Token, _ commit: Commit) throws {
        expect(["operation.dead", "operation.poison"], of: entry)
        guard !commit.asked.failed.contains(token) else { return }
        try requireLost(entry, change, commit)
        try require(
            change.oldLost + 1 >= World.settings.poisonLosses || change.oldAttempt >= entry.maxAttempts,
            .poisonSetAside,
            "operation \(entry.id) was lost \(change.oldLost + 1) times, at attempt \(change.oldAttempt), and is dead")
    }

    private func goesBack(_ entry: Entry, _ change: Change, _ token: Asked.Token, _ commit: Commit) throws {
        if change.attempt == change.oldAttempt - 1 {
            if commit.asked.givenBack.contains(token) {
                guard try change.newOperation == .scheduled else { return }
                return snoozes(entry, commit.asked.snoozed[token], commit.now)
            }
            let isOfEarlierRun = token.lease <= lastLeaseAtStart
            try require(
                isOfEarlierRun && (commit.now.elapsedMs >= graceUntilMs || change.oldOwner != nil), .attemptsFair,
                "operation \(entry.id) gets an attempt back, and no restart took it")
            try require(
                change.lost == change.oldLost, .poisonSetAside, "a restart counts as a loss of operation \(entry.id)")
            return expect(["lease.lost"], of: entry)
        }
        try require(
            change.attempt == change.oldAttempt, .attemptsFair,
            "operation \(entry.id) goes from attempt \(change.oldAttempt) to \(change.attempt)")
        if commit.asked.failed.contains(token), change.lost == 0 {
            return expect(["operation.retried"], of: entry)
        }
        try require(
            !commit.asked.givenBack.contains(token) || change.lost == change.oldLost + 1, .attemptsFair,
            "operation \(entry.id) was given back, and it spent an attempt")
        try requireLost(entry, change, commit)
        try require(
            change.lost == change.oldLost + 1 && change.lost < World.settings.poisonLosses, .poisonSetAside,
            "operation \(entry.id) was lost \(change.oldLost + 1) times in a row, and goes on")
        expect(["lease.lost"], of: entry)
    }

    /// It was lost by its worker, and not by a restart.
    private func requireLost(_ entry: Entry, _ change: Change, _ commit: Commit) throws {
        let dueMs = change.oldDueMs ?? .max
        let isOwners = change.oldOwner != nil && !commit.asked.ownersEnded.isEmpty
        try require(
            isOwners || dueMs <= commit.now.elapsedMs, .changesExplained,
            "the lease of operation \(entry.id) ended before its time, and no owner did")
        try require(
            isOwners || (change.oldLease ?? 0) > lastLeaseAtStart || dueMs > graceUntilMs, .attemptsFair,
            "a restart spent an attempt of operation \(entry.id)")
    }

    private func snoozes(_ entry: Entry, _ calls: [Queue.Snooze]?, _ now: Moment) {
        // Of two, one is refused, and which one is not known here.
        let call = calls?.count == 1 ? calls?.first : nil
        entry.notBeforeMs = call?.delayMs.map { now.elapsedMs + $0.value }
        entry.runAt = call?.runAt?.value
    }
}

extension History.Entry {
    /// Undos are tried as often as the policy of the model's steps says.
    var maxAttempts: Int64 { request?.wishes.maxAttempts ?? TransactionModel.undoAttempts }
}
