import Glibc
import MendEngine
import MendProtocol
import Synchronization
import Testing

@testable import MendServer

@Suite("Processes that something is tied to")
struct ProcessWatchesTests {
    /// A clock that is turned by hand.
    private final class TestClock: MendServer.Clock {
        private let nowMs = Mutex<Int64>(100_000)

        func pass(_ ms: Int64) { nowMs.withLock { $0 += ms } }

        func read() -> ClockReading {
            ClockReading(bootID: "boot", sinceBootMs: nowMs.withLock { $0 }, wallMs: 1_700_000_000_000)
        }
    }

    private let clock = TestClock()
    private let me = Caller(uid: getuid(), pid: getpid(), role: .client)

    private func watches(
        perUser: Int = 512, _ ended: @escaping @Sendable (ProcessIdentity, UInt32) -> Void = { _, _ in }
    ) -> ProcessWatches {
        let watches = ProcessWatches(limits: System.Hello.Limits(processesPerUser: perUser), clock: clock)
        watches.start(ended)
        return watches
    }

    private func refusal(_ pid: Int32, _ caller: Caller? = nil, by watches: ProcessWatches) -> CallError? {
        do throws(CallError) {
            _ = try watches.identity(of: pid, for: caller ?? me)
            return nil
        } catch {
            return error
        }
    }

    @Test("a living process of one's own is known by more than its number")
    func own() throws {
        let watches = watches()
        let process = try watches.identity(of: getpid(), for: me)
        #expect(process.pid == getpid())
        #expect(process.uid == getuid())
        #expect(process.startTicks > 0)
        #expect(process.bootID == SystemClock.bootID)
        #expect(try watches.identity(of: getpid(), for: me) == process)
    }

    @Test("a number without a process, a process that only waits to be reaped, and another user's are refused")
    func refused() throws {
        let watches = watches()
        #expect(refusal(Int32.max, by: watches)?.reason == .notFound)
        let ended = try Spawned("/bin/true")
        try ended.waitForEnd()
        #expect(refusal(ended.pid, by: watches)?.reason == .notFound)
        let stranger = Caller(uid: 61_001, pid: getpid(), role: .client)
        let refused = refusal(getpid(), stranger, by: watches)
        #expect(refused?.reason == .permissionDenied)
        #expect(refused?.field == "hold.pid")
    }

    @Test("an operator may name any process; who has its uid but not its role may not, watched or not")
    func operators() throws {
        let watches = watches()
        let repairing = Caller(uid: 61_001, pid: getpid(), role: .operator)
        #expect(try watches.identity(of: getpid(), for: repairing).uid == getuid())
        let using = Caller(uid: 61_001, pid: getpid(), role: .client)
        #expect(refusal(getpid(), using, by: watches)?.reason == .permissionDenied)
    }

    @Test("the end of a process is told once to each user who named it")
    func told() async throws {
        let (ends, told) = AsyncStream.makeStream(of: (ProcessIdentity, UInt32).self)
        let watches = watches { process, user in told.yield((process, user)) }
        let child = try Spawned("/bin/sleep", "1000")
        let process = try watches.identity(of: child.pid, for: me)
        _ = try watches.identity(of: child.pid, for: me)
        let other = Caller(uid: 61_001, pid: getpid(), role: .operator)
        _ = try watches.identity(of: child.pid, for: other)
        child.kill()
        var users: [UInt32] = []
        for await (ended, user) in ends {
            #expect(ended == process)
            users.append(user)
            if users.count == 2 { break }
        }
        #expect(users.sorted() == [getuid(), 61_001])
        watches.stop()
    }

    @Test("one is watched again after a restart only if it is the same one")
    func resumed() throws {
        let identity = try watches().identity(of: getpid(), for: me)
        var other = identity
        other.startTicks += 1
        let again = watches()
        #expect(again.resume(identity))
        #expect(!again.resume(other))
        other = identity
        other.bootID = "another boot"
        #expect(!again.resume(other))
    }

    @Test("one process too many for a user is told so; those that nothing is tied to make room, and others have theirs")
    func limit() throws {
        let watches = watches(perUser: 2)
        let child = try Spawned("/bin/sleep", "1000")
        let held = try watches.identity(of: getpid(), for: me)
        clock.pass(500)
        _ = try watches.identity(of: getppid(), for: Caller(uid: me.uid, pid: 1, role: .operator))
        let refused = refusal(child.pid, by: watches)
        #expect(refused?.reason == .unavailable)
        #expect(refused?.retryAfterMs != nil)
        let other = Caller(uid: 61_001, pid: getpid(), role: .operator)
        #expect(refusal(child.pid, other, by: watches) == nil)
        // What was used a moment ago may be on its way to the writer.
        let early = try #require(watches.claimSweep())
        watches.end(early, held: [held])
        #expect(refusal(child.pid, by: watches)?.reason == .unavailable)
        clock.pass(2000)
        _ = refusal(child.pid, by: watches)
        let sweep = try #require(watches.claimSweep())
        #expect(sweep.user == me.uid)
        watches.end(sweep, held: [held])
        #expect(refusal(child.pid, by: watches) == nil)
        #expect(refusal(getpid(), by: watches) == nil)
    }

    @Test("as long as there are few, nothing is swept")
    func fewAreNotSwept() throws {
        let watches = watches(perUser: 100)
        _ = try watches.identity(of: getpid(), for: me)
        clock.pass(60_000)
        #expect(watches.claimSweep() == nil)
    }
}

/// A child of the test, ended and reaped with the value.
private final class Spawned {
    let pid: pid_t

    init(_ arguments: String...) throws {
        var pid: pid_t = 0
        var argv = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        try #require(posix_spawn(&pid, arguments[0], nil, nil, &argv, nil) == 0)
        self.pid = pid
    }

    deinit {
        kill()
        waitpid(pid, nil, 0)
    }

    func kill() { Glibc.kill(pid, SIGKILL) }

    /// Waits until it has ended, and leaves it to be reaped.
    func waitForEnd() throws {
        var info = siginfo_t()
        try #require(waitid(P_PID, id_t(pid), &info, Int32(WEXITED | WNOWAIT)) == 0)
    }
}
