import Glibc
import MendEngine
import MendProtocol
import Synchronization

/// The processes that calls tie something to, each watched until it ends or nothing is tied to it any more.
///
/// A watch belongs to the user in whose name something is tied to the process: its end is told in that user's name, and
/// so comes to the writer after all that the user tied to it.
final class ProcessWatches: Sendable {
    private struct Key: Hashable {
        let pid: Int32
        let user: UInt32
    }

    private struct Watch {
        let identity: ProcessIdentity
        let token: UInt64
        let descriptor: Int32
        var usedAtMs: Int64
    }

    private struct User {
        var count = 0
        var sweptAtMs = Int64.min
    }

    private struct Table {
        var watches: [Key: Watch] = [:]
        var keys: [UInt64: Key] = [:]
        var users: [UInt32: User] = [:]
        var lastToken: UInt64 = 0

        mutating func insert(_ process: OpenProcess, _ key: Key, _ token: UInt64, usedAtMs: Int64) {
            watches[key] = Watch(
                identity: process.identity, token: token, descriptor: process.descriptor, usedAtMs: usedAtMs)
            keys[token] = key
            users[key.user, default: User()].count += 1
        }

        /// Takes a watch out; its descriptor is to be closed, which ends its being polled.
        mutating func remove(_ key: Key) -> Watch? {
            guard let watch = watches.removeValue(forKey: key) else { return nil }
            keys[watch.token] = nil
            users[key.user]?.count -= 1
            if users[key.user]?.count == 0 { users[key.user] = nil }
            return watch
        }
    }

    /// How long a sweep passes over a watch after its last use: what uses it is on its way to the writer.
    private static let restMs: Int64 = 1000

    private let limits: System.Hello.Limits
    private let clock: any Clock
    private let table = Mutex(Table())
    private let poller = ProcessPoller()
    private let mayNeedSweep = Atomic<Bool>(false)

    init(limits: System.Hello.Limits, clock: any Clock) {
        self.limits = limits
        self.clock = clock
    }

    private var nowMs: Int64 { clock.read().sinceBootMs }

    /// From here on, `ended` is told of each watched process that ends, on a thread of its own, with the user whose watch
    /// it was.
    func start(_ ended: @escaping @Sendable (ProcessIdentity, UInt32) -> Void) {
        poller.start { [self] token in
            let watch: (Watch, UInt32)? = table.withLock { table in
                guard let key = table.keys[token], let watch = table.remove(key) else { return nil }
                return (watch, key.user)
            }
            guard let (watch, user) = watch else { return }
            close(watch.descriptor)
            ended(watch.identity, user)
        }
    }

    /// Tells of nothing any more.
    func stop() { poller.stop() }

    // MARK: Watching

    /// The process that a caller names, watched from now on.
    ///
    /// - Throws: `not_found`, `permission_denied` for a process of another user, `unavailable` at a limit.
    func identity(of pid: Int32, for caller: Caller) throws(CallError) -> ProcessIdentity {
        let (key, nowMs) = (Key(pid: pid, user: caller.uid), self.nowMs)
        let known = table.withLock { table in
            table.watches[key]?.usedAtMs = nowMs
            return table.watches[key]?.identity
        }
        if let known {
            try Self.check(known, isOf: caller)
            return known
        }
        let process = try OpenProcess(pid)
        do throws(CallError) {
            try Self.check(process.identity, isOf: caller)
            try add(process, key, nowMs, isLimited: true)
        } catch {
            close(process.descriptor)
            throw error
        }
        return process.identity
    }

    /// Whether the end of a process is still to be told in the name of this caller's user.
    func isWatched(_ process: ProcessIdentity, for caller: Caller) -> Bool {
        table.withLock { $0.watches[Key(pid: process.pid, user: caller.uid)]?.identity == process }
    }

    private static func check(_ process: ProcessIdentity, isOf caller: Caller) throws(CallError) {
        guard process.uid != caller.uid, caller.role != .operator else { return }
        throw CallError(
            .permissionDenied, "process \(process.pid) belongs to user \(process.uid), and you are \(caller.uid)",
            field: "hold.pid")
    }

    /// Watches a process again to which something was tied before the daemon was started; tells whether it still lives.
    func resume(_ process: ProcessIdentity) -> Bool {
        do throws(CallError) {
            let found = try OpenProcess(process.pid)
            guard found.identity.startTicks == process.startTicks, process.bootID == SystemClock.bootID else {
                close(found.descriptor)
                return false
            }
            let key = Key(pid: process.pid, user: process.uid)
            do throws(CallError) {
                try add(found, key, nowMs, isLimited: false)
            } catch {
                close(found.descriptor)
            }
            return true
        } catch {
            // One that cannot be watched at present is watched by its next call; until then the time of what is tied to
            // it is what ends it.
            return error.reason != .notFound
        }
    }

    private func add(_ process: OpenProcess, _ key: Key, _ nowMs: Int64, isLimited: Bool) throws(CallError) {
        let result: Result<UInt64, CallError> = table.withLock { table in
            // It can only have come with another thread meanwhile.
            guard table.watches[key] == nil else { return .failure(.comesAgain(key.pid)) }
            let (all, ofUser) = (table.watches.count, table.users[key.user]?.count ?? 0)
            if 2 * all >= limits.processes || 2 * ofUser >= limits.processesPerUser {
                mayNeedSweep.store(true, ordering: .relaxed)
            }
            if isLimited, all >= limits.processes { return .failure(.tooManyProcesses("\(all) processes in all")) }
            if isLimited, ofUser >= limits.processesPerUser {
                return .failure(.tooManyProcesses("\(ofUser) processes of user \(key.user)"))
            }
            table.lastToken += 1
            table.insert(process, key, table.lastToken, usedAtMs: nowMs)
            return .success(table.lastToken)
        }
        guard let error = poller.add(process.descriptor, token: try result.get()) else { return }
        table.withLock { _ = $0.remove(key) }
        throw CallError(
            .unavailable, "process \(key.pid) cannot be watched: \(String(cString: strerror(error)))",
            field: "hold.pid",
            hint: #"use "connection" instead"#, retryAfterMs: 1000)
    }

    // MARK: Sweeping

    /// Whose watches are to be compared with what is held, now that they are many; nothing where none are. Who is told
    /// asks the engine, and hands what it answers to `end`. It is cheap enough to be asked after each call.
    func claimSweep() -> ProcessSweep? {
        guard mayNeedSweep.exchange(false, ordering: .relaxed) else { return nil }
        let nowMs = nowMs
        return table.withLock { table in
            let rested = table.users.filter { $0.value.sweptAtMs < nowMs - Self.restMs }
            guard let most = rested.max(by: { $0.value.count < $1.value.count }) else { return nil }
            table.users[most.key]?.sweptAtMs = nowMs
            return ProcessSweep(user: most.key, beganAtMs: nowMs)
        }
    }

    /// Lets go of processes of a user to which nothing was tied when the engine was asked, and that were not used for a
    /// while before.
    func end(_ sweep: ProcessSweep, held: Set<ProcessIdentity>) {
        let freed: [Watch] = table.withLock { table in
            let idle = table.watches.filter { key, watch in
                key.user == sweep.user && watch.usedAtMs < sweep.beganAtMs - Self.restMs
                    && !held.contains(watch.identity)
            }
            return idle.keys.compactMap { table.remove($0) }
        }
        for watch in freed { close(watch.descriptor) }
    }
}

/// The origin of the question which processes something is tied to.
final class ProcessSweep: CallOrigin {
    let user: UInt32
    let beganAtMs: Int64

    init(user: UInt32, beganAtMs: Int64) {
        self.user = user
        self.beganAtMs = beganAtMs
    }

    /// The question, which comes to the writer after all that the user tied to a process before.
    var call: WriterCall {
        .heldProcesses(ticket: Ticket(origin: self, number: 0), caller: .daemon(for: user))
    }
}

extension CallError {
    fileprivate static func comesAgain(_ pid: Int32) -> CallError {
        CallError(
            .unavailable, "process \(pid) is being watched for another call at this moment", field: "hold.pid",
            hint: "ask again", retryAfterMs: 10)
    }

    fileprivate static func tooManyProcesses(_ count: String) -> CallError {
        CallError(
            .unavailable, "\(count) are watched already, the most there may be", field: "hold.pid",
            hint: #"use "connection" instead, or raise limits.processes and limits.processes_per_user"#,
            retryAfterMs: 1000)
    }
}
