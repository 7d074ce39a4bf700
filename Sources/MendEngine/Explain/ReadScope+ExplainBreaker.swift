import GRDB
import MendProtocol

/// A breaker, for those who ask why it lets nothing through.
struct ExplainedBreaker {
    let info: BreakerInfo
    /// Why it opened, as it was written down.
    let cause: String?

    var settings: BreakerSettings { info.settings }
}

extension ReadScope {
    func explain(breaker name: Name) throws -> Explanation {
        guard let info = breakers.info(name, now: now) else { throw CallError.notFound(name) }
        let statement = try db.cachedStatement(sql: "SELECT snapshot ->> '$.cause' FROM breakers WHERE name = ?")
        let cause = try String.fetchOne(statement, arguments: [name.text])
        let breaker = ExplainedBreaker(info: info, cause: cause)
        return Explanation(
            state: info.state.rawValue, why: try ExplainedBreaker.sayings.said(of: breaker), next: breaker.next,
            hint: info.state == .forcedOpen || info.state == .disabled
                ? "an operator gives it back to itself with breaker.reset" : nil)
    }
}

extension ExplainedBreaker {
    static let sayings: [Saying<ExplainedBreaker>] = [
        { $0.info.state == .open ? "it opened: \($0.cause ?? "too many calls failed")" : nil },
        { $0.info.state == .halfOpen ? "it tries whether calls succeed again" : nil },
        { $0.info.state == .forcedOpen ? "an operator has forced it open: no call goes through" : nil },
        { $0.info.state == .disabled ? "an operator has disabled it: all calls go through" : nil },
        {
            $0.info.state == .closed && $0.info.consecutiveFailures > 0
                ? "\($0.info.consecutiveFailures.of("failure")) in a row; it opens at \($0.settings.failureThreshold)"
                : nil
        },
        { $0.info.state == .closed && $0.info.consecutiveFailures == 0 ? "calls succeed" : nil },
        { $0.info.permits > 0 ? "\($0.info.permits.of("permit")) out" : nil },
        { $0.info.denied > 0 ? "it has denied \($0.info.denied.of("call")) since the daemon started" : nil },
    ]

    var next: System.Explain.Next? {
        switch info.state {
        case .open:
            System.Explain.Next(
                at: info.retryAt, what: "the next call is let through to try; it closes after \(successes)")
        case .halfOpen: System.Explain.Next(what: "it closes after \(successes), and opens again at the first failure")
        case .closed, .forcedOpen, .disabled: nil
        }
    }

    private var successes: String { "\(settings.successThreshold.of("success"))" }
}
