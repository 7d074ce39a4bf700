import Glibc
import MendClient
import MendProtocol

/// The daemon as a command needs it that runs for long: it may be away, and come back.
final class DaemonLink {
    private let options: GlobalOptions
    private let timeoutMs: Int64?
    private var client: BlockingClient?

    /// - Parameter timeoutMs: how long a call waits for its answer; nothing where it waits for it as long as it takes.
    init(_ options: GlobalOptions, timeoutMs: Int64? = nil) {
        self.options = options
        self.timeoutMs = timeoutMs
    }

    func connect() throws(ClientError) { _ = try connected() }

    /// The connection, made where there is none.
    func connected() throws(ClientError) -> BlockingClient {
        if let client { return client }
        let made = try options.connect(timeoutMs: timeoutMs)
        client = made
        return made
    }

    /// Forgets the connection: the next call makes another.
    func drop() { client = nil }

    /// A call that may be made again where it is not known whether it was done.
    func call<M: Method>(_ method: M, meta: Meta? = nil) throws(ClientError) -> M.Answer {
        let isFresh = client == nil
        do throws(ClientError) {
            return try attempt(method, meta)
        } catch {
            guard error.isAbsence else { throw error }
            client = nil
            // The daemon may have been restarted since. One that does not answer is not waited for twice.
            if case .timedOut = error { throw error }
            guard !isFresh else { throw error }
            return try attempt(method, meta)
        }
    }

    private func attempt<M: Method>(_ method: M, _ meta: Meta?) throws(ClientError) -> M.Answer {
        try connected().call(method, meta: meta)
    }

    /// Reports a failure, or keeps the report until the daemon is back.
    ///
    /// - Returns: the verdict; nothing where there is none.
    func report(_ report: Errors.Report, say: (String) -> Void) -> Verdict? {
        do throws(ClientError) {
            return try tell(report, say: say)
        } catch {
            // Of a report that is lost it has been said.
            if !error.isAbsence { say("the failure could not be reported: \(error.message)") }
            return nil
        }
    }

    /// Reports a failure, or keeps the report until the daemon is back.
    ///
    /// - Parameter correlation: what it belongs to; not known of a report that is kept, whose task has to say it.
    /// - Returns: the verdict; nothing where the report is kept.
    /// - Throws: why it is neither told nor kept.
    func tell(_ report: Errors.Report, correlation: Name? = nil, say: (String) -> Void) throws(ClientError) -> Verdict?
    {
        // The same key whichever way it goes: the daemon may have taken it, and its answer was lost.
        let name = Spool.newName()
        var meta = Meta()
        meta.idempotencyKey = IdempotencyKey(name)
        meta.correlation = correlation
        var report = report
        if report.occurredAt == nil { report.occurredAt = Timestamp(WallClock.system().nowMs) }
        do throws(ClientError) {
            let verdict = try call(report, meta: meta)
            deliverKept(say)
            return verdict
        } catch {
            guard error.isAbsence else { throw error }
            try keep(report, as: name, because: error, say)
            return nil
        }
    }

    private func keep(
        _ report: Errors.Report, as name: String, because error: ClientError, _ say: (String) -> Void
    ) throws(ClientError) {
        do {
            let spool = try Spool()
            try spool.keep(report, as: name)
            say("\(error.message); the report is kept in \(spool.directory) until the daemon is back")
        } catch let failure {
            say("\(error.message), and the report is lost: \(failure)")
            throw error
        }
    }

    /// Gives the daemon what was kept while it was away, where it is there.
    func deliverKept(_ say: (String) -> Void) {
        guard let client else { return }
        do {
            guard let count = try Spool.waiting()?.deliver(client, say: say) else { return }
            guard count > 0 else { return }
            say(
                count == 1
                    ? "1 report that was kept has been delivered"
                    : "\(count) reports that were kept have been delivered")
        } catch {
            say("reports that were kept could not be delivered yet: \(error)")
        }
    }
}

extension ClientError {
    /// Whether there is no daemon that could be asked, for now.
    var isAbsence: Bool {
        switch self {
        case .unreachable, .connectionLost, .timedOut: true
        case .failed(let call): call.reason == .unavailable || call.reason == .shuttingDown
        case .protocolViolation, .cancelled: false
        }
    }
}
