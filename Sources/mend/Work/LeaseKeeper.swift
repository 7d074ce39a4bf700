import MendClient
import MendProtocol

/// Extends an operation's lease while its command lives, and asks for the command's end where the lease is lost or the
/// worker has to stop.
final class LeaseKeeper: AttemptWatch {
    private let leased: Leased
    private let link: DaemonLink
    private let presence: DaemonPresence
    private let stop: WorkStop
    private let wake: Wake
    private let leaseMs: Int64
    private(set) var dueMs: Int64?
    /// Until when the lease is known to be ours, by ``monotonicMs()``.
    private(set) var untilMs: Int64
    private(set) var isLost = false

    init(_ leased: Leased, link: DaemonLink, presence: DaemonPresence, stop: WorkStop, wake: Wake) {
        (self.leased, self.link, self.presence, self.stop, self.wake) = (leased, link, presence, stop, wake)
        leaseMs = max(3, leased.leaseUntilAt - WallClock.system().nowMs)
        let now = monotonicMs()
        untilMs = now + leaseMs
        dueMs = now + leaseMs / 3
    }

    var descriptor: Int32 { wake.descriptor }

    func mustEnd() -> Bool {
        wake.clear()
        if let dueMs, dueMs <= monotonicMs(), !isLost { extend() }
        return isLost || stop.isEnding
    }

    private func extend() {
        let now = monotonicMs()
        do throws(ClientError) {
            _ = try link.call(Queue.Extend(operation: leased.operation, lease: leased.lease))
            presence.noteBack()
            untilMs = now + leaseMs
            dueMs = now + leaseMs / 3
        } catch {
            if case .failed(let call) = error, call.reason == .leaseLost || call.reason == .notFound {
                isLost = true
                dueMs = nil
                return
            }
            // A daemon that was away gives its leases time to be extended: nothing is lost before it says so.
            if error.isAbsence { presence.noteAway(error) }
            dueMs = monotonicMs() + min(1000, leaseMs / 3)
        }
    }
}
