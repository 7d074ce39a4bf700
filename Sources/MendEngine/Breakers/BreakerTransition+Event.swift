import MendProtocol

extension BreakerTransition {
    /// What the journal says of it.
    ///
    /// - Parameter lost: transitions before it that nobody could write down in time.
    func event(lostBefore lost: Int64) -> NewEvent {
        var event = NewEvent(kind, "\(breaker) \(saying)")
        event.breaker = breaker
        event.caller = caller
        var details = #""from":"\#(from.rawValue)","to":"\#(to.rawValue)","since_at":\#(at.wallMs)"#
        if let retryAt { details += #","retry_at":\#(retryAt)"# }
        if lost > 0 { details += #","lost_before":\#(lost)"# }
        event.details = "{\(details)}"
        return event
    }

    private var kind: EventKind {
        switch to {
        case .open: .breakerOpened
        case .halfOpen: .breakerHalfOpen
        case .closed: .breakerClosed
        case .forcedOpen: .breakerForced
        case .disabled: .breakerDisabled
        }
    }

    private var saying: String {
        let what = caller == nil ? verb : "\(verb), by hand"
        return cause.map { "\(what): \($0)" } ?? what
    }

    private var verb: String {
        switch to {
        case .open: "opened"
        case .halfOpen: "lets calls through to try"
        case .closed: "closed"
        case .forcedOpen: "is held open"
        case .disabled: "is out of action"
        }
    }
}
