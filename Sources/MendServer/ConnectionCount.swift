import MendEngine
import MendProtocol
import Synchronization

/// How many connections there are, in all and of each user.
final class ConnectionCount: Sendable {
    private struct Counts {
        var all = 0
        var byUser: [UInt32: Int] = [:]
    }

    private let limits: System.Hello.Limits
    private let counts = Mutex(Counts())

    init(limits: System.Hello.Limits) { self.limits = limits }

    var all: Int { counts.withLock { $0.all } }

    /// The last connections are the operators': whoever is to find out who has the others must get in.
    private var reserved: Int { min(64, limits.connections / 8) }

    /// Counts one more, or says which limit is reached.
    func add(_ caller: Caller) throws(CallError) {
        let uid = caller.uid
        let most = limits.connections - (caller.role == .operator ? 0 : reserved)
        let problem: String? = counts.withLock { counts in
            let ofUser = counts.byUser[uid, default: 0]
            if counts.all >= most {
                return counts.all == 1
                    ? "there is 1 connection, the most in all" : "there are \(counts.all) connections, the most in all"
            }
            if ofUser >= limits.connectionsPerUser { return "user \(uid) has \(ofUser) connections, the most for one" }
            counts.all += 1
            counts.byUser[uid] = ofUser + 1
            return nil
        }
        guard let problem else { return }
        throw CallError(
            .tooManyConnections, problem, hint: "use one connection for many calls, or raise limits.connections",
            retryAfterMs: 1000)
    }

    func remove(_ uid: UInt32) {
        counts.withLock { counts in
            counts.all -= 1
            let left = counts.byUser[uid, default: 1] - 1
            counts.byUser[uid] = left == 0 ? nil : left
        }
    }
}
