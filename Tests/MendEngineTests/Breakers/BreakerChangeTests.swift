import GRDB
import MendProtocol
import Testing

@testable import MendEngine

@Suite("Breakers are changed by hand")
struct BreakerChangeTests {
    private let billing = Name(unchecked: "billing")

    @Test("configure changes what it names, keeps the rest and the counts, and makes a breaker that is not there")
    func configure() throws {
        let bench = TableBench()
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(3))
        #expect(try bench.table.configure(change, now: bench.now).info.settings.failureThreshold == 3)
        for _ in 0..<2 { try bench.record(try bench.acquire(billing).permit, .failure) }
        change = Breaker.Configure(breaker: billing)
        change.permitMs = Setting(PositiveMilliseconds(1000))
        let info = try bench.table.configure(change, now: bench.now).info
        #expect(info.settings.failureThreshold == 3)
        #expect(info.settings.permitMs == 1000)
        #expect(info.consecutiveFailures == 2)
        try bench.record(try bench.acquire(billing).permit, .failure)
        #expect(bench.state(billing) == .open)
    }

    @Test("settings that contradict each other are refused by name, and nothing has changed")
    func contradictions() throws {
        let bench = TableBench()
        func refusedField(_ set: (inout Breaker.Configure) -> Void) -> String? {
            var change = Breaker.Configure(breaker: billing)
            set(&change)
            do {
                _ = try bench.table.configure(change, now: bench.now)
                return nil
            } catch {
                #expect(error.reason == .invalidParams)
                return error.field
            }
        }
        #expect(refusedField { $0.minimumCalls = Setting(Count(101)) } == "minimum_calls")
        #expect(refusedField { $0.windowCalls = Setting(Count(19)) } == "window_calls")
        #expect(refusedField { $0.recoveryTimeoutMs = Setting(PositiveMilliseconds(300_001)) } == "recovery_timeout_ms")
        #expect(
            refusedField { $0.maxRecoveryTimeoutMs = Setting(PositiveMilliseconds(9999)) } == "max_recovery_timeout_ms")
        #expect(bench.table.info(billing, now: bench.now) == nil, "no breaker was made by a refused call")
        let both = refusedField {
            $0.minimumCalls = Setting(Count(101))
            $0.windowCalls = Setting(Count(101))
        }
        #expect(both == nil)
        let timed = refusedField {
            $0.minimumCalls = Setting(Count(1000))
            $0.windowMs = Setting(PositiveMilliseconds(1000))
        }
        #expect(timed == nil, "a window of time holds any number of calls")
    }

    @Test("a breaker that nobody ever used cannot be reset")
    func resetUnknown() {
        let bench = TableBench()
        let error = #expect(throws: CallError.self) { try bench.table.reset(billing, now: bench.now) }
        #expect(error?.reason == .notFound)
        #expect(error?.field == "breaker")
    }

    @Test("a change that is undone leaves settings, state and counts as they were")
    func undone() throws {
        var bench = TableBench()
        for _ in 0..<4 { try bench.record(try bench.acquire(billing).permit, .failure) }
        let before = bench.table.info(billing, now: bench.now)
        bench.pass(5)
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(1))
        change.windowCalls = Setting(Count(20))
        let undos = [
            try bench.table.configure(change, now: bench.now).undo,
            try bench.table.force(billing, .forcedOpen, now: bench.now).undo,
            try bench.table.reset(billing, now: bench.now).undo,
        ]
        #expect(bench.table.info(billing, now: bench.now) != before)
        for undo in undos.reversed() { undo?() }
        #expect(bench.table.info(billing, now: bench.now) == before)
    }

    @Test("permits that were out during an undone change can still be returned, once")
    func undoneKeepsPermits() throws {
        let bench = TableBench()
        let early = try bench.acquire(billing).permit
        let undo = try bench.table.force(billing, .disabled, now: bench.now).undo
        let late = try bench.acquire(billing).permit
        undo?()
        #expect(bench.table.info(billing, now: bench.now)?.permits == 2)
        for permit in [early, late] {
            #expect(try bench.record(permit, .success).stale == nil)
            #expect(try bench.record(permit, .success).stale == true)
        }
    }
}

@Suite("Breaker methods")
struct BreakerMethodTests {
    private let billing = Name(unchecked: "billing")
    private let caller = Caller(uid: 1000, pid: 1, role: .client)

    @Test(
        "whether a failure or timeout with an error counts is asked of the classifier",
        arguments: [MendProtocol.Category.validation, .transient], [MendProtocol.Outcome.failure, .timeout])
    func classified(category: MendProtocol.Category, outcome: MendProtocol.Outcome) throws {
        let bench = TableBench()
        let permit = try #require(try bench.acquire(billing).permit)
        var report = Errors.Report(message: "no")
        report.category = category
        _ = try Breaker.Record(permit: permit, outcome: outcome, error: report)
            .answer(from: bench.table, call: TableCall(caller: caller, now: bench.now))
        let failures = bench.table.info(billing, now: bench.now)?.consecutiveFailures
        #expect(failures == (category == .transient ? 1 : 0))
    }

    @Test("an error beside a success changes nothing about the success")
    func errorBesideSuccess() throws {
        let bench = TableBench()
        let permit = try #require(try bench.acquire(billing).permit)
        var report = Errors.Report(message: "a warning")
        report.category = .validation
        _ = try Breaker.Record(permit: permit, outcome: .success, error: report)
            .answer(from: bench.table, call: TableCall(caller: caller, now: bench.now))
        #expect(bench.table.info(billing, now: bench.now)?.windowCalls == 1)
        #expect(bench.table.info(billing, now: bench.now)?.windowFailures == 0)
    }

    @Test("acquire, record, get and list answer from memory")
    func fromMemory() throws {
        let bench = TableBench()
        let permit = try Breaker.Acquire(breaker: billing)
            .answer(from: bench.table, call: TableCall(caller: caller, now: bench.now)).permit
        let other = Caller(uid: 1001, pid: 2, role: .client)
        let record = Breaker.Record(permit: try #require(permit), outcome: .success)
        #expect(throws: CallError.self) {
            try record.answer(from: bench.table, call: TableCall(caller: other, now: bench.now))
        }
        _ = try record.answer(from: bench.table, call: TableCall(caller: caller, now: bench.now))
        let info = try Breaker.Get(breaker: billing).answer(
            from: bench.table, call: TableCall(caller: caller, now: bench.now))
        #expect(info.windowCalls == 1)
        let list = try Breaker.List().answer(from: bench.table, call: TableCall(caller: caller, now: bench.now))
        #expect(list.breakers == [info])
        let error = #expect(throws: CallError.self) {
            try Breaker.Get(breaker: Name(unchecked: "mail")).answer(
                from: bench.table, call: TableCall(caller: caller, now: bench.now))
        }
        #expect(error?.reason == .notFound)
    }
}

@Suite("Breakers at the writer")
struct BreakerWriterTests {
    private final class Origin: CallOrigin {}
    private static let ticket = Ticket(origin: Origin(), number: 1)

    private let billing = Name(unchecked: "billing")
    private let caller = Caller(uid: 0, pid: 1, role: .operator)
    private let now = Moment(wallMs: 1_700_000_000_000, elapsedMs: 5)
    private let database: DatabaseQueue
    private let engine: Engine

    init() throws {
        database = try DatabaseQueue()
        engine = try Engine(
            opening: database, settings: EngineSettings(),
            reading: ClockReading(bootID: "boot", sinceBootMs: 5, wallMs: 1_700_000_000_000), seed: 1)
    }

    private func commit(_ calls: WriterCall...) throws -> [Result<any Encodable & Sendable, CallError>] {
        try engine.commit(calls, now: now).map(\.result)
    }

    private func call(_ method: some WriterMethod) -> WriterCall {
        WriterCall(method, ticket: Self.ticket, caller: caller, meta: Meta())
    }

    private func open() throws {
        while engine.breakers.info(billing, now: now)?.state != .open {
            let permit = try #require(try engine.breakers.acquire(billing, uid: 0, now: now).permit)
            _ = try engine.breakers.record(
                permit: permit, outcome: .failure, counts: true, uid: 0, isOperator: true, now: now)
        }
    }

    private func reload() throws -> BreakerTable {
        try database.read { db in
            try BreakerTable.load(db, settings: EngineSettings(), permitsFrom: 0, seed: 2, counts: { _ in true })
        }
    }

    @Test("configure, force and reset are durable with their commit")
    func durable() throws {
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(3))
        let settings = try commit(call(change))[0].get() as? BreakerSettings
        #expect(settings?.failureThreshold == 3)
        #expect(try reload().info(billing, now: now)?.settings == settings)
        _ = try commit(call(Breaker.Force(breaker: billing, state: .forcedOpen)))[0].get()
        #expect(try reload().info(billing, now: now)?.state == .forcedOpen)
        _ = try commit(call(Breaker.Reset(breaker: billing)))[0].get()
        #expect(try reload().info(billing, now: now)?.state == .closed)
        #expect(try reload().info(billing, now: now)?.settings == settings)
    }

    @Test("transitions are durable with the call that persists them")
    func persist() throws {
        try open()
        #expect(try reload().info(billing, now: now) == nil)
        #expect(engine.breakers.claimPersist())
        _ = try commit(.persistBreakers(ticket: Self.ticket))[0].get()
        #expect(try reload().info(billing, now: now)?.state == .open)
        #expect(!engine.breakers.hasUnsaved)
    }

    @Test("what could not be written is as it was before, and a transition is offered again")
    func failed() throws {
        try database.write { db in try db.execute(sql: "DROP TABLE breakers") }
        #expect(throws: CallError.self) {
            try commit(call(Breaker.Force(breaker: billing, state: .disabled)))[0].get()
        }
        #expect(engine.breakers.info(billing, now: now)?.state == .closed)
        try open()
        #expect(engine.breakers.claimPersist())
        #expect(throws: CallError.self) { try commit(.persistBreakers(ticket: Self.ticket))[0].get() }
        #expect(engine.breakers.hasUnsaved)
        #expect(engine.breakers.claimPersist())
    }
}
