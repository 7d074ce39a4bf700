import MendProtocol

// What happens to an operation next, and who can do something about it.
extension ExplainedOperation {
    var next: System.Explain.Next? {
        switch state {
        case .held:
            System.Explain.Next(what: "its transaction commits and it is ready, or is rolled back and it is dropped")
        case .scheduled: head?.next ?? System.Explain.Next(at: dueAt, what: "it is ready for \(nextAttempt)")
        case .ready where queue.isPaused: nil
        case .ready: nextRoom ?? System.Explain.Next(what: "a worker leases it for \(nextAttempt)")
        case .parked where breaker?.info.state == .forcedOpen: nil
        case .parked:
            System.Explain.Next(
                at: breaker?.isTimeOver == true ? nil : breaker?.info.retryAt,
                what: "its breaker lets calls through again, and it is ready")
        case .leased:
            System.Explain.Next(
                at: dueAt, what: "its lease ends, and it \(afterLease), unless its worker says otherwise before")
        case .done, .cancelled, .expired: dueAt.map { System.Explain.Next(at: $0, what: "it is forgotten") }
        case .dead: nil
        }
    }

    private var nextAttempt: String { attemptText(attempt + 1) }

    private var nextRoom: System.Explain.Next? {
        if let ownBreaker, ownBreaker.hindrance != nil, ownBreaker.crowd != nil {
            return System.Explain.Next(what: "a call that its breaker has let through ends, and it may go")
        }
        return queue.nextRoom
    }

    private var afterLease: String {
        if isLastLoss || attempt >= maxAttempts { return "is set aside" }
        if let expiresMs, let dueMs, expiresMs <= dueMs { return "expires" }
        return "is ready again"
    }

    var hint: String? {
        switch state {
        case .parked where breaker?.info.state == .forcedOpen: ExplainedBreaker.resetHint
        case .ready where queue.isPaused: "an operator lets it go with queue.resume"
        case .scheduled where head?.state == .dead: head?.hint
        case .dead where transaction != nil: "its transaction tells what goes on from there"
        case .dead where hasPlace:
            "queue.replay puts it back on its queue with all its attempts; queue.cancel gives it up, and its lane goes on"
        case .dead: "queue.replay puts it back on its queue with all its attempts"
        default: nil
        }
    }
}
