import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Each transition of a breaker is an event")
struct BreakerEventTests {
    private let billing = Name(unchecked: "billing")

    private func fail(_ t: TestEngine, _ count: Int = 5) throws {
        for _ in 0..<count { try record(t, .failure) }
    }

    private func record(_ t: TestEngine, _ outcome: MendProtocol.Outcome) throws {
        let table = t.engine.breakers
        let permit = try #require(try table.acquire(billing, uid: 1000, now: t.now).permit)
        _ = try table.record(permit: permit, outcome: outcome, counts: true, uid: 1000, isOperator: false, now: t.now)
    }

    private func events(_ t: TestEngine) throws -> [Event] {
        var call = Events.List()
        call.filter.breaker = billing
        return try t.read(call, as: .root).events
    }

    private func told(_ t: TestEngine) throws -> [String] {
        try events(t).filter { $0.kind != .operatorCall }.map { "\($0.kind.rawValue): \($0.message)" }
    }

    @Test("opened, half_open and closed are told in order, though they are written together")
    func inOrder() throws {
        let t = try TestEngine()
        try fail(t)
        t.wait(12_000)
        try record(t, .failure)
        t.wait(30_000)
        for _ in 0..<2 { try record(t, .success) }
        #expect(try events(t).isEmpty, "nothing is written on the way of a call")
        #expect(t.engine.breakers.claimPersist())
        try t.persistBreakers()
        #expect(
            try told(t) == [
                "breaker.opened: billing opened: 5 failures in a row",
                "breaker.half_open: billing lets calls through to try",
                "breaker.opened: billing opened: a call that tried in half-open failed",
                "breaker.half_open: billing lets calls through to try",
                "breaker.closed: billing closed",
            ])
        try t.persistBreakers()
        #expect(try events(t).count == 5, "each is told once")
    }

    @Test("an opening tells when it tries again")
    func details() throws {
        let t = try TestEngine()
        try fail(t)
        let info = try #require(t.engine.breakers.info(billing, now: t.now))
        let retryAt = try #require(info.retryAt)
        try t.persistBreakers()
        let event = try #require(try events(t).first)
        #expect(
            event.details?.text
                == #"{"from":"closed","to":"open","since_at":\#(info.since),"retry_at":\#(retryAt)}"#)
        #expect(event.uid == nil)
    }

    @Test("what an operator does is told with who did it, in the commit of the call, after what came before")
    func byHand() throws {
        let t = try TestEngine()
        try fail(t)
        try t.call(Breaker.Force(breaker: billing, state: .forcedOpen), as: .root)
        try t.call(Breaker.Force(breaker: billing, state: .forcedOpen), as: .root)
        try t.call(Breaker.Force(breaker: billing, state: .disabled), as: .root)
        try t.call(Breaker.Reset(breaker: billing), as: .root)
        try t.call(Breaker.Reset(breaker: billing), as: .root)
        #expect(
            try told(t) == [
                "breaker.opened: billing opened: 5 failures in a row",
                "breaker.forced: billing is held open, by hand",
                "breaker.disabled: billing is out of action, by hand",
                "breaker.closed: billing closed, by hand",
            ])
        let forced = try #require(try events(t).first { $0.kind == .breakerForced })
        #expect(forced.uid == 0)
        #expect(forced.pid == 1)
    }

    @Test("a transition whose commit failed is told with the next one, in order")
    func failedCommit() throws {
        let t = try TestEngine()
        try fail(t)
        try t.failing("INSERT ON events", when: "NEW.kind = 'breaker.opened'")
        try t.persistBreakers()
        #expect(try events(t).isEmpty)
        #expect(t.engine.breakers.claimPersist())
        try t.failNoMore()
        t.wait(12_000)
        for _ in 0..<2 { try record(t, .success) }
        try t.persistBreakers()
        #expect(try events(t).map(\.kind) == [.breakerOpened, .breakerHalfOpen, .breakerClosed])
    }

    @Test("of a change by hand that could not be kept nothing is told, but for what became of the breaker meanwhile")
    func undone() throws {
        let t = try TestEngine()
        try t.failing("INSERT ON breakers", when: "true")
        t.send(Breaker.Force(breaker: billing, state: .forcedOpen), as: .root)
        t.send(Breaker.Force(breaker: billing, state: .disabled), as: .root)
        try t.commit()
        try t.failNoMore()
        #expect(t.engine.breakers.info(billing, now: t.now)?.state == .closed)
        try t.persistBreakers()
        #expect(try events(t).isEmpty)

        let table = t.engine.breakers
        let reset = try table.force(billing, .disabled, by: .root, now: t.now)
        _ = try table.reset(billing, by: .root, now: t.now)
        try fail(t)
        reset.undo?()
        try t.persistBreakers()
        #expect(try events(t).map(\.kind) == [.breakerDisabled, .breakerClosed, .breakerOpened, .breakerClosed])
        #expect(try events(t).last?.message == "billing closed: a change by hand could not be kept")
    }

    @Test("where nothing can be written for long, the oldest are given up, and how many is told")
    func bounded() throws {
        let t = try TestEngine()
        var change = Breaker.Configure(breaker: billing)
        change.failureThreshold = Setting(Count(1))
        change.successThreshold = Setting(Count(1))
        change.recoveryTimeoutMs = Setting(PositiveMilliseconds(1))
        change.maxRecoveryTimeoutMs = Setting(PositiveMilliseconds(1))
        try t.call(change, as: .root)
        for _ in 0..<(Breakers.maxTransitions / 3 + 10) {
            try record(t, .failure)
            t.wait(1)
            try record(t, .success)
        }
        let unsaved = t.engine.breakers.takeUnsaved()
        #expect(unsaved.transitions.count == Breakers.maxTransitions)
        #expect(unsaved.transitionsLost == 29)
        #expect(unsaved.transitions.last?.to == .closed)
        t.engine.breakers.giveBack(unsaved)
        try t.persistBreakers()
        let first = try #require(try events(t).first { $0.kind != .operatorCall })
        #expect(first.details?.text.hasSuffix(#""lost_before":29}"#) == true)
    }

    @Test("after a crash the journal ends with the state that comes back")
    func crash() throws {
        let t = try TestEngine()
        try fail(t)
        try t.persistBreakers()
        t.wait(12_000)
        for _ in 0..<2 { try record(t, .success) }
        try t.restart()
        #expect(t.engine.breakers.info(billing, now: t.now)?.state == .open)
        #expect(try events(t).map(\.kind) == [.breakerOpened])
    }
}
