import MendProtocol
import MendSystemd
import Synchronization

/// How the daemon is, in one line for people, as `systemctl status` shows it. The service manager is told what has changed.
final class StatusLine: Sendable {
    struct Facts {
        let statePath: String
        /// Why the state cannot be used.
        var problem: System.Health.Problem?
        /// What there is to say of a sync that takes long.
        var sync: String?
        var isShortOfSpace = false
        /// When and why the last reload changed nothing.
        var failedReload: (at: Int64, why: String)?
        /// Keys of which the file has said since then other than what is in force.
        var needingRestart: (since: Int64, keys: [String])?

        var text: String {
            if let problem { return "degraded: \(problem.message)" }
            if let sync { return sync }
            var parts = [
                isShortOfSpace ? "short of space: new work is refused, and what ends work goes on" : "serving",
                "state in \(statePath)",
            ]
            if let failedReload { parts.append("the reload failed, and all stays as it was: \(failedReload.why)") }
            if let needingRestart { parts.append("needing a restart: \(needingRestart.keys.joined(separator: ", "))") }
            return parts.joined(separator: "; ")
        }

        /// What of it no call is told but `system.health`.
        var notices: [System.Health.Notice] {
            var notices: [System.Health.Notice] = []
            if let failedReload {
                notices.append(
                    System.Health.Notice(
                        at: failedReload.at,
                        message: "the last reload failed, and all stays as it was: \(failedReload.why)",
                        hint: "repair it, then: systemctl reload mend (or send SIGHUP to mendd)"))
            }
            if let needingRestart {
                notices.append(
                    System.Health.Notice(
                        at: needingRestart.since,
                        message: "changed, but not in force before a restart: "
                            + needingRestart.keys.joined(separator: ", "),
                        hint: "systemctl restart mend; clients wait meanwhile"))
            }
            return notices
        }
    }

    private let notifier: Notifier
    private let facts: Mutex<Facts>

    init(_ notifier: Notifier, statePath: String) {
        self.notifier = notifier
        facts = Mutex(Facts(statePath: statePath))
    }

    var text: String { facts.withLock { $0.text } }
    var notices: [System.Health.Notice] { facts.withLock { $0.notices } }

    /// Takes note, and tells the service manager where that is another line. In turn, so that the last one told is true.
    func change(_ body: (inout Facts) -> Void) {
        facts.withLock { facts in
            let before = facts.text
            body(&facts)
            let now = facts.text
            if now != before { notifier.status(now) }
        }
    }
}
