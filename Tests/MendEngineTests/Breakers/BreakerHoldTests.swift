import MendProtocol
import Testing

@testable import MendEngine

@Suite("A permit is held by its owner")
struct BreakerHoldTests {
    private let billing = Name(unchecked: "billing")
    private let mail = Name(unchecked: "mail")
    private let process = Owner.process(ProcessIdentity(pid: 7, uid: 1000, startTicks: 5, bootID: "boot-1"))

    @Test("when the owner ends, its permits are abandoned at once, and a half-open slot is free")
    func endFreesSlot() throws {
        var bench = TableBench()
        try bench.open(billing)
        bench.pass(12_000)
        let owner = TestEngine.connection()
        let permit = try bench.acquire(billing, owner: owner).permit
        #expect(try !bench.acquire(billing).granted)
        bench.table.end(owner)
        let info = try #require(bench.table.info(billing, now: bench.now))
        #expect(info.permits == 0)
        #expect(info.abandoned == 1)
        #expect(info.state == .halfOpen, "that it ended says nothing about the dependency")
        #expect(try bench.acquire(billing).granted)
        let late = try bench.record(permit, .failure)
        #expect(late == Breaker.Record.Answer(breaker: billing, state: .halfOpen, stale: true))
    }

    @Test("an end takes back the permits of that owner alone, of all its breakers, and of earlier periods, too")
    func endsOwn() throws {
        let bench = TableBench()
        let (one, other) = (TestEngine.connection(), TestEngine.connection())
        for owner in [one, other, process, nil] {
            for breaker in [billing, mail] { _ = try bench.acquire(breaker, owner: owner) }
        }
        try bench.open(billing)
        bench.table.end(one)
        bench.table.end(process)
        for breaker in [billing, mail] {
            let info = try #require(bench.table.info(breaker, now: bench.now))
            #expect(info.permits == 2)
            #expect(info.abandoned == 2)
        }
    }

    @Test("what was given back or ran out of time is tied to nobody any more")
    func untied() throws {
        var bench = TableBench()
        let permit = try bench.acquire(billing, owner: process).permit
        #expect(bench.table.heldProcesses == [ProcessIdentity(pid: 7, uid: 1000, startTicks: 5, bootID: "boot-1")])
        try bench.record(permit, .success)
        #expect(bench.table.heldProcesses.isEmpty)
        _ = try bench.acquire(billing, owner: process)
        bench.pass(60_000)
        #expect(bench.table.info(billing, now: bench.now)?.abandoned == 1)
        #expect(bench.table.heldProcesses.isEmpty)
        bench.table.end(process)
        #expect(bench.table.info(billing, now: bench.now)?.abandoned == 1, "it is abandoned once")
    }

    @Test("a denied call ties nothing to its owner")
    func denied() throws {
        let bench = TableBench()
        try bench.open(billing)
        #expect(try !bench.acquire(billing, owner: process).granted)
        #expect(bench.table.heldProcesses.isEmpty)
    }

    @Test("the processes of permits are watched as those of leases are")
    func watched() throws {
        let t = try TestEngine()
        _ = try t.engine.breakers.acquire(billing, uid: 1000, owner: process, now: t.now)
        let outcomes = try t.engine.commit(
            [.heldProcesses(ticket: Ticket(origin: Origin(), number: 1), caller: .daemon)], now: t.now)
        let answer = try #require(try outcomes.first?.result.get() as? HeldProcesses)
        #expect(answer.all.map { .process($0) } == [process])
    }

    private final class Origin: CallOrigin {}

    @Test("no half-open slot leaks, however permits end", arguments: 1...20)
    func noSlotLeaks(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var bench = TableBench()
        var change = Breaker.Configure(breaker: billing)
        change.halfOpenPermits = Setting(Count(3))
        change.successThreshold = Setting(Count(100_000))
        _ = try bench.table.configure(change, now: bench.now)
        try bench.open(billing)
        bench.pass(12_000)
        var out: [(permit: Int64, owner: Owner?, grantedMs: Int64)] = []
        for _ in 0..<2000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let owner: Owner? = Bool.random(using: &random) ? TestEngine.connection() : nil
                let answer = try bench.acquire(billing, owner: owner)
                #expect(answer.granted == (out.count < 3))
                if let permit = answer.permit { out.append((permit, owner, bench.now.elapsedMs)) }
            case 1:
                guard let last = out.popLast() else { continue }
                let outcome: MendProtocol.Outcome = Bool.random(using: &random) ? .success : .ignored
                #expect(try bench.record(last.permit, outcome).stale == nil)
            case 2:
                guard let owner = out.first?.owner else { continue }
                bench.table.end(owner)
                out.removeFirst()
            default:
                bench.pass(Int64.random(in: 0...20_000, using: &random))
                out.removeAll { bench.now.elapsedMs - $0.grantedMs >= 60_000 }
            }
            #expect(bench.table.info(billing, now: bench.now)?.permits == Int64(out.count))
        }
        #expect(bench.state(billing) == .halfOpen)
    }
}

@Suite("max_concurrent makes a breaker a bulkhead")
struct BreakerConcurrencyTests {
    @Test("as many calls as max_concurrent are under way at a time; one more is denied and told why and when to ask")
    func bulkhead() throws {
        let bench = BreakerBench { $0.maxConcurrent = 2 }
        let first = bench.permit()
        _ = bench.permit()
        let refusal = try #require(bench.refusal())
        #expect(refusal.why == "as many calls are under way as max_concurrent (2) allows")
        #expect(refusal.retryAfterMs == 1000)
        #expect(bench.machine.state == .closed)
        #expect(bench.info.denied == 1)
        bench.finish(first, .failure)
        _ = bench.permit()
        bench.pass(59_500)
        #expect(bench.refusal()?.retryAfterMs == 500, "no later than a permit ends")
    }

    @Test("calls that were under way when it opened still count, and an open breaker stays open while it is full")
    func fullWhileOpen() {
        let bench = BreakerBench {
            $0.maxConcurrent = 2
            $0.failureThreshold = 1
        }
        let slow = bench.permit()
        bench.call(.failure)
        bench.machine.configure(bench.machine.settings.with(\.maxConcurrent, 1), at: bench.now)
        bench.passRecovery()
        #expect(bench.refusal()?.why == "as many calls are under way as max_concurrent (1) allows")
        #expect(bench.machine.state == .open)
        bench.finish(slow, .success)
        _ = bench.permit()
        #expect(bench.machine.state == .halfOpen)
    }

    @Test("a disabled breaker has no bulkhead")
    func disabled() {
        let bench = BreakerBench { $0.maxConcurrent = 1 }
        bench.machine.force(.disabled, at: bench.now)
        for _ in 0..<10 { _ = bench.permit() }
    }

    @Test("max_concurrent comes back after a restart, and null unsets it")
    func configured() throws {
        let t = try TestEngine()
        var change = Breaker.Configure(breaker: .mail)
        change.maxConcurrent = .to(try #require(Count(3)))
        #expect(try t.call(change, as: .root).maxConcurrent == 3)
        try t.restart()
        #expect(t.engine.breakers.info(.mail, now: t.now)?.settings.maxConcurrent == 3)
        change.maxConcurrent = .unset
        #expect(try t.call(change, as: .root).maxConcurrent == nil)
    }
}

extension BreakerSettings {
    /// The same but for one of them.
    func with<Value>(_ setting: WritableKeyPath<BreakerSettings, Value>, _ value: Value) -> BreakerSettings {
        var settings = self
        settings[keyPath: setting] = value
        return settings
    }
}
