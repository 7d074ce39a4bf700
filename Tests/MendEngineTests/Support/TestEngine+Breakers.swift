import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// What breakers do beside queues, as tests say it.
extension TestEngine {
    /// Ties a queue to a breaker that opens at the first failure for a second, and lets one operation try at a time.
    func tie(_ queue: Name = .mail, to breaker: Name = .billing) throws {
        try configureBreaker(breaker)
        try configure(queue) { $0.breaker = .to(breaker) }
    }

    func configureBreaker(_ breaker: Name = .billing, halfOpenPermits: Int64 = 1, successes: Int64 = 2) throws {
        var call = Breaker.Configure(breaker: breaker)
        call.failureThreshold = .number(1)
        call.recoveryTimeoutMs = .number(1_000)
        call.maxRecoveryTimeoutMs = .number(1_000)
        call.successThreshold = .number(successes)
        call.halfOpenPermits = .number(halfOpenPermits)
        try self.call(call, as: .root)
    }

    func force(_ breaker: Name = .billing, _ state: Breaker.Force.ForcedState = .forcedOpen) throws {
        try call(Breaker.Force(breaker: breaker, state: state), as: .root)
    }

    func reset(_ breaker: Name = .billing) throws { try call(Breaker.Reset(breaker: breaker), as: .root) }

    /// Asks the table as a connection does, beside the writer.
    @discardableResult
    func acquire(_ breaker: Name = .billing, as caller: Caller = .bob) throws -> Breaker.Acquire.Answer {
        try Breaker.Acquire(breaker: breaker).answer(
            from: engine.breakers, call: TableCall(caller: caller, now: now))
    }

    /// Says how a call ended as a connection does, and has written what changed.
    @discardableResult
    func record(
        _ permit: Int64?, _ outcome: MendProtocol.Outcome, as caller: Caller = .bob
    ) throws -> Breaker.Record.Answer {
        let record = Breaker.Record(permit: try #require(permit), outcome: outcome)
        let answer = try record.answer(from: engine.breakers, call: TableCall(caller: caller, now: now))
        if engine.breakers.claimPersist() { try persistBreakers() }
        return answer
    }

    /// Lets somebody's call fail, so that the breaker opens.
    func open(_ breaker: Name = .billing) throws { try record(try acquire(breaker).permit, .failure) }

    func breaker(_ name: Name = .billing) throws -> BreakerInfo {
        try #require(engine.breakers.info(name, now: now))
    }

    /// Has done what one commit has left for the next ones.
    func settle() throws {
        for _ in 0..<10 where (engine.nextDue ?? .max) <= now.elapsedMs { try commit() }
    }

    func info(operation: Int64) throws -> OperationInfo { try call(Queue.Get(operation: operation)) }

    /// The kinds of events about a breaker, in their order.
    func kinds(ofBreaker breaker: Name = .billing) throws -> [EventKind] {
        var list = Events.List()
        list.filter.breaker = breaker
        return try read(list).events.map(\.kind)
    }
}

extension Name {
    static let billing = Name(unchecked: "billing")
    static let paper = Name(unchecked: "paper")
}
