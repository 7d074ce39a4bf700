import MendProtocol
import Testing

@testable import MendEngine

extension Setting {
    /// To a value that is right.
    init?(_ value: Value?) {
        guard let value else { return nil }
        self = .to(value)
    }
}

/// A table in virtual time.
struct TableBench {
    let table: BreakerTable
    var now = Moment(wallMs: 1_700_000_000_000, elapsedMs: 0)

    init(
        maxCount: Int = 10_000, maxPerUser: Int = 1_000, permitsFrom: Int64 = 0,
        permitBlock: Int64 = BreakerTable.permitBlock
    ) {
        var settings = EngineSettings()
        settings.breakerMaxCount = maxCount
        settings.breakerMaxPerUser = maxPerUser
        table = BreakerTable(
            settings: settings, permitsFrom: permitsFrom, permitBlock: permitBlock, seed: 1,
            counts: { $0.category != .validation })
    }

    init(_ table: BreakerTable) { self.table = table }

    mutating func pass(_ ms: Int64) {
        now.wallMs += ms
        now.elapsedMs += ms
    }

    func acquire(_ breaker: Name, uid: UInt32 = 1000, owner: Owner? = nil) throws -> Breaker.Acquire.Answer {
        try table.acquire(breaker, uid: uid, owner: owner, now: now)
    }

    @discardableResult
    func record(
        _ permit: Int64?, _ outcome: MendProtocol.Outcome, uid: UInt32 = 1000, isOperator: Bool = false
    ) throws -> Breaker.Record.Answer {
        try table.record(
            permit: try #require(permit), outcome: outcome, counts: true, uid: uid, isOperator: isOperator, now: now)
    }

    func open(_ breaker: Name) throws {
        while try #require(table.info(breaker, now: now)?.state ?? .closed) == .closed {
            try record(try acquire(breaker).permit, .failure)
        }
    }

    func state(_ breaker: Name) -> BreakerState? { table.info(breaker, now: now)?.state }
}

extension BreakerTable {
    func configure(_ change: Breaker.Configure, now: Moment) throws(CallError) -> BreakerChange {
        try configure(change.breaker ?? Name(unchecked: "none"), change, by: .root, now: now)
    }

    func force(
        _ breaker: Name, _ forced: Breaker.Force.ForcedState, now: Moment
    ) throws(CallError) -> BreakerChange {
        try force(breaker, forced, by: .root, now: now)
    }

    func reset(_ breaker: Name, now: Moment) throws(CallError) -> BreakerChange {
        try reset(breaker, by: .root, now: now)
    }

    /// The breakers that would be written.
    func takeDirty() -> [BreakerSnapshot] { takeUnsaved().snapshots }
}

extension ChangeByHand<BreakerInfo> {
    var info: BreakerInfo { answer }
}

@Suite("The table of breakers")
struct BreakerTableTests {
    private let billing = Name(unchecked: "billing")
    private let mail = Name(unchecked: "mail")

    @Test("a breaker is created by its first use, and reading creates none")
    func firstUse() throws {
        let bench = TableBench()
        #expect(bench.table.info(billing, now: bench.now) == nil)
        let answer = try bench.acquire(billing)
        #expect(answer == Breaker.Acquire.Answer(granted: true, state: .closed, why: "closed", permit: 1))
        #expect(bench.table.countsByState() == ["closed": 1])
    }

    @Test("a second caller sees the breaker that the first one's failures opened, and another breaker stays closed")
    func sharedByAll() throws {
        let bench = TableBench()
        for _ in 0..<5 { try bench.record(try bench.acquire(billing, uid: 1001).permit, .failure, uid: 1001) }
        let answer = try bench.acquire(billing, uid: 1002)
        #expect(!answer.granted)
        #expect(answer.state == .open)
        #expect(answer.why == "5 failures in a row")
        #expect(answer.permit == nil)
        #expect((8000...12_000).contains(try #require(answer.retryAfterMs)))
        #expect(try bench.acquire(mail, uid: 1002).granted)
    }

    @Test("record answers the breaker and the state that it is in now")
    func recordAnswers() throws {
        let bench = TableBench()
        for _ in 0..<4 { try bench.record(try bench.acquire(billing).permit, .failure) }
        let answer = try bench.record(try bench.acquire(billing).permit, .timeout)
        #expect(answer == Breaker.Record.Answer(breaker: billing, state: .open))
    }

    @Test("a permit of another user is refused and stays out; an operator may return it")
    func otherUsersPermit() throws {
        let bench = TableBench()
        let permit = try bench.acquire(billing, uid: 1001).permit
        let error = #expect(throws: CallError.self) { try bench.record(permit, .failure, uid: 1002) }
        #expect(error?.reason == .permissionDenied)
        #expect(error?.field == "permit")
        #expect(bench.table.info(billing, now: bench.now)?.permits == 1)
        #expect(bench.table.info(billing, now: bench.now)?.consecutiveFailures == 0)
        #expect(try bench.record(permit, .failure, uid: 0, isOperator: true).stale == nil)
        #expect(bench.table.info(billing, now: bench.now)?.consecutiveFailures == 1)
    }

    @Test("a permit of an earlier run is stale")
    func earlierRun() throws {
        let bench = TableBench(permitsFrom: 1000)
        #expect(try bench.acquire(billing).permit == 1000)
        #expect(try bench.record(999, .failure) == Breaker.Record.Answer(breaker: nil, state: nil, stale: true))
        #expect(bench.table.info(billing, now: bench.now)?.consecutiveFailures == 0)
    }

    @Test("an abandoned permit is stale, and its breaker is named")
    func abandonedIsStale() throws {
        var bench = TableBench()
        let permit = try bench.acquire(billing).permit
        bench.pass(60_000)
        for _ in 0..<2 {
            #expect(
                try bench.record(permit, .failure)
                    == Breaker.Record.Answer(breaker: billing, state: .closed, stale: true))
        }
        let info = try #require(bench.table.info(billing, now: bench.now))
        #expect(info.abandoned == 1)
        #expect(info.consecutiveFailures == 0)
    }

    @Test("only the last abandoned permits are remembered")
    func abandonedMemoryIsBounded() throws {
        var bench = TableBench()
        for _ in 0...Breakers.maxAbandoned { _ = try bench.acquire(billing) }
        bench.pass(60_000)
        _ = bench.table.info(billing, now: bench.now)
        #expect(try bench.record(1, .failure) == Breaker.Record.Answer(breaker: nil, state: nil, stale: true))
        #expect(try bench.record(2, .failure).breaker == billing)
    }

    @Test("a permit that was returned already is stale")
    func returnedTwice() throws {
        let bench = TableBench()
        let permit = try bench.acquire(billing).permit
        try bench.record(permit, .failure)
        #expect(try bench.record(permit, .failure).stale == true)
        #expect(bench.table.info(billing, now: bench.now)?.consecutiveFailures == 1)
    }

    @Test("a permit that was never given is not found", arguments: [2, 0, -1, .max, .min])
    func neverGiven(permit: Int64) throws {
        let bench = TableBench()
        _ = try bench.acquire(billing)
        let error = #expect(throws: CallError.self) { try bench.record(permit, .success) }
        #expect(error?.reason == .notFound)
        #expect(error?.field == "permit")
    }

    @Test("an outcome whose error does not count is as good as ignored")
    func doesNotCount() throws {
        let bench = TableBench()
        let permit = try #require(try bench.acquire(billing).permit)
        let answer = try bench.table.record(
            permit: permit, outcome: .failure, counts: false, uid: 1000, isOperator: false, now: bench.now)
        #expect(answer.stale == nil)
        let info = try #require(bench.table.info(billing, now: bench.now))
        #expect(info.permits == 0)
        #expect(info.windowCalls == 0)
    }

    @Test("lists go by name, page by page, and by state")
    func lists() throws {
        let bench = TableBench()
        let names = ["e", "b", "d", "a", "c", "B"].map { Name(unchecked: $0) }
        for name in names { _ = try bench.acquire(name) }
        try bench.open(names[1])
        try bench.open(names[0])
        let first = bench.table.list(limit: 2, now: bench.now)
        #expect(first.breakers.map(\.breaker.text) == ["B", "a"])
        let second = bench.table.list(limit: 2, after: first.next, now: bench.now)
        #expect(second.breakers.map(\.breaker.text) == ["b", "c"])
        let third = bench.table.list(limit: 2, after: second.next, now: bench.now)
        #expect(third.breakers.map(\.breaker.text) == ["d", "e"])
        #expect(third.next == nil)
        let open = bench.table.list(state: .open, limit: 1, now: bench.now)
        #expect(open.breakers.map(\.breaker.text) == ["b"])
        #expect(open.next?.text == "b")
        #expect(bench.table.list(limit: 2, after: Name(unchecked: "zz"), now: bench.now).breakers.isEmpty)
        #expect(bench.table.countsByState() == ["closed": 4, "open": 2])
    }
}

@Suite("The table of breakers has limits")
struct BreakerTableLimitTests {
    private let billing = Name(unchecked: "billing")
    private let mail = Name(unchecked: "mail")

    @Test("at the limit a new breaker is refused, and those that are there go on")
    func tooMany() throws {
        let bench = TableBench(maxCount: 2)
        try bench.open(billing)
        let permit = try bench.acquire(mail).permit
        let error = #expect(throws: CallError.self) { try bench.acquire(Name(unchecked: "third")) }
        #expect(error?.reason == .tooLarge)
        #expect(error?.field == "breaker")
        #expect(throws: CallError.self) {
            try bench.table.force(Name(unchecked: "third"), .disabled, now: bench.now)
        }
        #expect(try bench.record(permit, .success).breaker == mail)
        #expect(try bench.acquire(mail).granted)
    }

    @Test("breakers with nothing to tell make room for new ones; an open, a configured and a used one stay")
    func atRestMakesRoom() throws {
        var bench = TableBench(maxCount: 5)
        try bench.open(billing)
        _ = try bench.acquire(mail)
        var change = Breaker.Configure(breaker: Name(unchecked: "configured"))
        change.failureThreshold = Setting(Count(3))
        _ = try bench.table.configure(change, now: bench.now)
        for name in ["once-1", "once-2"] { try bench.record(try bench.acquire(Name(unchecked: name)).permit, .success) }
        bench.pass(10)
        _ = try bench.acquire(Name(unchecked: "new"))
        #expect(
            bench.table.list(limit: 9, now: bench.now).breakers.map(\.breaker.text)
                == ["billing", "configured", "mail", "new"])
    }

    @Test("too many permits in all are refused, with a time to wait, until they come back or end")
    func tooManyPermits() throws {
        var bench = TableBench()
        for number in 0..<10 {
            let name = Name(unchecked: "b\(number)")
            for _ in 0..<(Breakers.maxPermits / 10) { _ = try bench.acquire(name) }
        }
        bench.pass(2000)
        let error = #expect(throws: CallError.self) { try bench.acquire(billing) }
        #expect(error?.reason == .unavailable)
        #expect(error?.retryAfterMs == 60_000)
        try bench.record(1, .success)
        #expect(try bench.acquire(billing).granted)
        bench.pass(58_000)
        #expect(try bench.acquire(billing).granted, "the others ended, though nobody asked for their breakers")
    }

    @Test("a second block of permits is asked for when half of the first is used")
    func permitBlocks() throws {
        let bench = TableBench(permitsFrom: 100, permitBlock: 4)
        #expect(try bench.acquire(billing).permit == 100)
        #expect(!bench.table.claimPersist())
        #expect(bench.table.extendPermits() == nil)
        #expect(try bench.acquire(billing).permit == 101)
        #expect(bench.table.claimPersist())
        #expect(bench.table.extendPermits() == 108)
        #expect(bench.table.extendPermits() == nil)
        bench.table.shrinkPermits()
        #expect(bench.table.claimPersist())
        #expect(try bench.acquire(billing).permit == 102)
        #expect(try bench.acquire(billing).permit == 103)
        #expect(throws: CallError.self) { try bench.acquire(billing) }
        #expect(bench.table.extendPermits() == 108)
        #expect(try bench.acquire(billing).permit == 104)
    }
}
