import MendProtocol

/// A breaker, for those who ask why it lets nothing through.
struct ExplainedBreaker: Sendable {
    let info: BreakerInfo
    /// Why it is open.
    let cause: String?
    /// Of an open one: the next call is let through to try.
    let isTimeOver: Bool
    /// Why one more call would be denied, though it is neither open nor held open.
    let crowd: String?
    /// Why one more retry would be denied, where another call would not.
    let retryRefusal: String?

    init(_ info: BreakerInfo, _ machine: BreakerMachine, now: Moment) {
        var machine = machine
        self.info = info
        cause = machine.cause
        isTimeOver = machine.retryAt.map { $0 <= now.elapsedMs } ?? false
        let refusal = machine.refusal(of: BreakerMachine.Request(uid: 0), at: now)?.why
        let isShut = machine.state == .forcedOpen || (machine.state == .open && !isTimeOver)
        let areTrying = machine.state == .halfOpen && info.settings.halfOpenPermits <= machine.permitsOutInPeriod
        crowd = isShut ? nil : areTrying ? "as many calls as may try are under way" : refusal
        retryRefusal =
            refusal == nil ? machine.refusal(of: BreakerMachine.Request(uid: 0, isRetry: true), at: now)?.why : nil
    }

    var settings: BreakerSettings { info.settings }
    /// It only counts what it would deny.
    var isInShadow: Bool { settings.shadow == true }
    static let resetHint = "an operator gives the breaker back to itself with breaker.reset"
    var isShut: Bool { !isInShadow && (info.state == .open || info.state == .forcedOpen) }

    /// What keeps those that are tied to it back, as the end of a sentence; nothing where it lets all pass.
    var hindrance: String? {
        guard !isInShadow else { return nil }
        return switch info.state {
        case .forcedOpen: "is forced_open"
        case .open where !isTimeOver: "is open"
        case .open: "is open: \(crowd ?? "its time is over, and the next call is let through to try")"
        case .halfOpen: "is half_open: \(crowd ?? "few pass at a time")"
        case .closed, .disabled: crowd.map { "is \(info.state.rawValue): \($0)" }
        }
    }
}

extension BreakerTable {
    /// A breaker as it decides now, also where that is not yet written down.
    func explained(_ breaker: Name, now: Moment) -> ExplainedBreaker? {
        withBreakers { breakers in
            guard let info = breakers.info(breaker, now: now), let entry = breakers[breaker] else { return nil }
            return ExplainedBreaker(info, entry.machine, now: now)
        }
    }
}

extension ReadScope {
    func explain(breaker name: Name) throws -> Explanation {
        guard let breaker = breakers.explained(name, now: now) else { throw CallError.notFound(name) }
        let state = breaker.info.state
        return Explanation(
            state: state.rawValue, why: try ExplainedBreaker.sayings.said(of: breaker), next: breaker.next,
            hint: state == .forcedOpen || state == .disabled
                ? "an operator gives it back to itself with breaker.reset" : nil)
    }
}

extension ExplainedBreaker {
    static let sayings: [Saying<ExplainedBreaker>] = [
        { $0.isInShadow ? "it is in shadow: it denies nothing, and only counts what it would have denied" : nil },
        { $0.info.state == .open ? "it opened: \($0.cause ?? "too many calls failed")" : nil },
        { $0.info.state == .open && $0.isTimeOver ? "its time is over, and nobody has asked it since" : nil },
        { $0.info.state == .halfOpen ? "it tries whether calls succeed again" : nil },
        {
            guard $0.info.state == .forcedOpen else { return nil }
            return "an operator has forced it open" + ($0.isInShadow ? "" : ": no call goes through")
        },
        { $0.info.state == .disabled ? "an operator has disabled it: all calls go through" : nil },
        {
            $0.info.state == .closed && $0.info.consecutiveFailures > 0
                ? "\($0.info.consecutiveFailures.of("failure")) in a row; it opens at \($0.settings.failureThreshold)"
                : nil
        },
        { $0.info.state == .closed && $0.info.consecutiveFailures == 0 && $0.crowd == nil ? "calls succeed" : nil },
        { $0.crowd },
        { $0.retryRefusal.map { "retries are denied: \($0)" } },
        { $0.info.permits > 0 ? "\($0.info.permits.of("permit")) out" : nil },
        { $0.info.denied > 0 ? "it has denied \($0.info.denied.of("call")) since the daemon started" : nil },
        { breaker in
            breaker.info.shadowDenied.map { "it would have denied \($0.of("call")) since the daemon started" }
        },
    ]

    var next: System.Explain.Next? {
        switch info.state {
        case .open where isTimeOver && crowd != nil && !isInShadow: Self.afterCrowd
        case .open:
            System.Explain.Next(
                at: isTimeOver ? nil : info.retryAt,
                what:
                    "the next call \(isInShadow ? "counts as one that tries" : "is let through to try"); "
                    + "it closes after \(successes)")
        case .halfOpen: System.Explain.Next(what: "it closes after \(successes), and opens again at the first failure")
        case .closed: crowd == nil || isInShadow ? nil : Self.afterCrowd
        case .forcedOpen, .disabled: nil
        }
    }

    private static let afterCrowd = System.Explain.Next(what: "a call that is under way ends, and another one may go")

    private var successes: String { "\(settings.successThreshold.of("success"))" }
}
