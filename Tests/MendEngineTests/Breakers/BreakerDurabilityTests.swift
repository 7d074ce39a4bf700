import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Breakers survive a restart")
struct BreakerDurabilityTests {
    private let billing = Name(unchecked: "billing")

    /// The table as a restarted daemon has it, after what is dirty was written.
    private func restart(_ bench: TableBench, permitsFrom: Int64 = BreakerTable.permitBlock) throws -> TableBench {
        let database = try DatabaseQueue()
        try Migrations.migrator.migrate(database)
        try database.write { db in
            for snapshot in bench.table.takeDirty() { try snapshot.save(db, at: bench.now) }
        }
        let table = try database.read { db in
            try BreakerTable.load(
                db, settings: EngineSettings(), permitsFrom: permitsFrom, seed: 2, counts: { _ in true })
        }
        var restarted = TableBench(table)
        restarted.now = bench.now
        return restarted
    }

    @Test("an open breaker is still open, for as long as it had to wait, and says why")
    func openStaysOpen() throws {
        let bench = TableBench()
        try bench.open(billing)
        let before = try bench.acquire(billing)
        var restarted = try restart(bench)
        #expect(try restarted.acquire(billing) == before)
        restarted.pass(try #require(before.retryAfterMs))
        #expect(try restarted.acquire(billing).state == .halfOpen)
    }

    @Test("a half-open breaker comes back half-open, with all its slots free")
    func halfOpenStays() throws {
        var bench = TableBench()
        try bench.open(billing)
        bench.pass(12_000)
        let lost = try bench.acquire(billing)
        #expect(lost.state == .halfOpen)
        let restarted = try restart(bench)
        let answer = try restarted.acquire(billing)
        #expect(answer.granted)
        #expect(answer.state == .halfOpen)
        #expect(try restarted.record(lost.permit, .failure).stale == true)
        #expect(restarted.state(billing) == .halfOpen, "a permit of the earlier run decides nothing")
    }

    @Test("the recovery timeout goes on growing over a restart")
    func growthSurvives() throws {
        var bench = TableBench()
        try bench.open(billing)
        bench.pass(12_000)
        try bench.record(try bench.acquire(billing).permit, .failure)
        var restarted = try restart(bench)
        restarted.pass(24_000)
        try restarted.record(try restarted.acquire(billing).permit, .failure)
        #expect((32_000...48_000).contains(try #require(try restarted.acquire(billing).retryAfterMs)))
    }

    @Test("forced states and settings come back", arguments: Breaker.Force.ForcedState.allCases)
    func forcedComesBack(forced: Breaker.Force.ForcedState) throws {
        let bench = TableBench()
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(3))
        change.failureRateThreshold = Setting(Share(0.25))
        change.windowMs = Setting(PositiveMilliseconds(5000))
        _ = try bench.table.configure(change, now: bench.now)
        let done = try bench.table.force(billing, forced, now: bench.now)
        let restarted = try restart(bench)
        #expect(restarted.table.info(billing, now: bench.now) == done.info)
        #expect(done.info.settings.failureRateThreshold == 0.25)
    }

    @Test("a breaker that only ever was closed is not written")
    func closedIsNotWritten() throws {
        let bench = TableBench()
        try bench.record(try bench.acquire(billing).permit, .failure)
        #expect(!bench.table.hasUnsaved)
        #expect(!bench.table.claimPersist())
        #expect(try restart(bench).table.info(billing, now: bench.now) == nil)
    }

    @Test("the row of a breaker that is at rest again is removed")
    func rowIsRemoved() throws {
        let bench = TableBench()
        let database = try DatabaseQueue()
        try Migrations.migrator.migrate(database)
        func rows() throws -> Int? {
            try database.write { db in
                for snapshot in bench.table.takeDirty() { try snapshot.save(db, at: bench.now) }
                return try Int.fetchOne(db, sql: "SELECT count(*) FROM breakers")
            }
        }
        try bench.open(billing)
        #expect(try rows() == 1)
        _ = try bench.table.reset(billing, now: bench.now)
        #expect(try rows() == 0)
    }

    @Test("the row of a breaker that made room is removed")
    func rowOfForgotten() throws {
        var bench = TableBench(maxCount: 1)
        try bench.open(billing)
        bench.pass(12_000)
        for _ in 0..<2 { try bench.record(try bench.acquire(billing).permit, .success) }
        #expect(bench.table.takeDirty().map(\.state) == [.closed])
        bench.pass(24_000)
        _ = try bench.acquire(Name(unchecked: "mail"))
        #expect(bench.table.info(billing, now: bench.now) == nil)
        let forgotten = bench.table.takeDirty()
        #expect(forgotten.map(\.breaker) == [billing])
        #expect(forgotten.allSatisfy { $0.isAtRest(at: bench.now) })
    }

    @Test("each transition is offered once, and again when its commit failed")
    func dirtyOnce() throws {
        let bench = TableBench()
        try bench.open(billing)
        #expect(bench.table.claimPersist())
        try bench.open(Name(unchecked: "mail"))
        #expect(!bench.table.claimPersist(), "somebody has been asked, and will find both")
        #expect(bench.table.hasUnsaved)
        let taken = bench.table.takeUnsaved()
        #expect(taken.snapshots.map(\.breaker.text) == ["billing", "mail"])
        #expect(bench.table.takeDirty().isEmpty)
        #expect(!bench.table.hasUnsaved)
        bench.table.giveBack(taken)
        #expect(bench.table.claimPersist())
        #expect(bench.table.takeUnsaved() == taken)
    }

    @Test("members that a newer version wrote are passed over, settings that an older one did not know have defaults")
    func otherVersions() throws {
        let text = """
            {"state":"open","since":5,"since_elapsed":4,"retry_at_elapsed":9000,"recovery_timeout_ms":8996,"openings":1,\
            "mood":"bad","settings":{"breaker":"billing","failure_threshold":7,"mood":"bad"}}
            """
        let database = try DatabaseQueue()
        try Migrations.migrator.migrate(database)
        let snapshots = try database.write { db in
            try db.execute(sql: "INSERT INTO breakers VALUES ('billing', ?)", arguments: [text])
            return try BreakerSnapshot.fetchAll(db)
        }
        let snapshot = try #require(snapshots.first)
        #expect(BreakerSettings().with(snapshot.said) == BreakerSettings().with(\.failureThreshold, 7))
        #expect(snapshot.retryAtElapsed == 9000)
        #expect(snapshot.cause == nil)
    }

    @Test("a snapshot is the same after it was written and read", arguments: BreakerState.allCases)
    func roundTrip(state: BreakerState) throws {
        var said = Breaker.Configure(breaker: billing)
        said.failureThreshold = Setting(Count(1))
        said.windowMs = Setting(PositiveMilliseconds(4))
        let snapshot = BreakerSnapshot(
            breaker: billing, state: state, since: 1, sinceElapsed: 2, retryAtElapsed: 3, recoveryTimeoutMs: 4,
            openings: 5, cause: "6 failures in a row", said: said, uid: 7)
        let text = try WireEncoder.text(of: snapshot)
        #expect(try WireDecoder.decode(BreakerSnapshot.self, from: JSONDocument(parsing: text).root) == snapshot)
    }
}
