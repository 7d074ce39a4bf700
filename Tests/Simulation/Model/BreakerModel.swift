import MendEngine
import MendProtocol

/// What is known of one breaker by watching it.
final class BreakerModel {
    static let name = Name(unchecked: "billing")
    static let permitMs: Int64 = 60_000

    struct Permit {
        let id: Int64
        let uid: UInt32
        let grantedMs: Int64
        /// It takes the slot of the half-open period that goes on.
        var takesSlot: Bool
        /// Its caller is not heard of again.
        var isForgotten = false
    }

    /// What it was at the last commit: what a restart brings back.
    private var durable: BreakerState = .closed
    var state: BreakerState = .closed
    var permits: [Permit] = []
    var isDependencyDown = false
    /// A call by hand is on its way: any state may come.
    var isForcing = false

    /// What may follow on what when a permit is asked for, and when a call's outcome is told.
    static func mayFollow(_ old: BreakerState, _ new: BreakerState, onAcquire: Bool) -> Bool {
        switch (old, new) {
        case (let old, let new) where old == new: true
        case (.open, .halfOpen): onAcquire
        case (.closed, .open), (.halfOpen, .open), (.halfOpen, .closed): !onAcquire
        default: false
        }
    }

    /// Goes on after a restart: permits are not, and the state is one that the breaker had.
    func restarted(_ world: World) throws {
        permits = []
        let wasForced = isForcing
        try look(world)
        try require(
            wasForced || state == durable, .breakerLegal, "a restart brought \(state) back, and it was \(durable)")
        durable = state
    }

    func committed() { durable = state }

    /// Takes its state as it is.
    func look(_ world: World) throws {
        isForcing = false
        let info = try? Breaker.Get(breaker: Self.name).answer(
            from: world.engine.breakers, call: TableCall(caller: World.root, now: world.now))
        state = info?.state ?? .closed
    }
}

extension World {
    func useBreaker() throws {
        if chance(10) { breakers.isDependencyDown.toggle() }
        for _ in 0..<number(1...6) {
            if chance(60) { try acquire(as: anyConnection().caller) } else { try record() }
        }
        if chance(10) { force() }
    }

    private func table(_ caller: Caller) -> TableCall { TableCall(caller: caller, now: now) }

    private func acquire(as caller: Caller) throws {
        let live = breakers.permits.filter { $0.takesSlot && now.elapsedMs - $0.grantedMs < BreakerModel.permitMs }
        let before = breakers.state
        let answer = try Breaker.Acquire(breaker: BreakerModel.name).answer(from: engine.breakers, call: table(caller))
        trace.note("\(steps) acquire: \(answer.state) \(answer.granted)")
        try observe(answer.state, onAcquire: true)
        if before == .halfOpen, answer.state == .halfOpen {
            try require(
                answer.granted == live.isEmpty, live.isEmpty ? .noLeakedSlot : .limitsHeld,
                "half-open with \(live.count) permits out, and granted \(answer.granted)")
        }
        if let permit = answer.permit {
            breakers.permits.append(
                BreakerModel.Permit(
                    id: permit, uid: caller.uid, grantedMs: now.elapsedMs, takesSlot: answer.state == .halfOpen,
                    isForgotten: chance(25)))
        }
    }

    private func record() throws {
        let kept = breakers.permits.indices.filter { !breakers.permits[$0].isForgotten }
        guard let index = pick(kept) else { return }
        let permit = breakers.permits.remove(at: index)
        let outcome: Outcome = chance(breakers.isDependencyDown ? 95 : 5) ? .failure : .success
        let owner = connection(of: permit.uid).caller
        if chance(5), let stranger = pick(Self.users.filter { $0.uid != permit.uid }) {
            let told = try? Breaker.Record(permit: permit.id, outcome: outcome).answer(
                from: engine.breakers, call: table(stranger))
            try require(told == nil || told?.stale == true, .ownership, "a stranger gave permit \(permit.id) back")
        }
        let answer = try Breaker.Record(permit: permit.id, outcome: outcome).answer(
            from: engine.breakers, call: table(owner))
        trace.note("\(steps) record \(outcome): \(String(describing: answer.state))")
        if let state = answer.state { try observe(state, onAcquire: false) }
    }

    private func observe(_ state: BreakerState, onAcquire: Bool) throws {
        defer {
            if state != breakers.state {
                breakers.state = state
                forgetHalfOpen()
            }
        }
        guard !breakers.isForcing else { return }
        try require(
            BreakerModel.mayFollow(breakers.state, state, onAcquire: onAcquire), .breakerLegal,
            "\(breakers.state) became \(state)")
    }

    /// Permits of an earlier period take no slot.
    private func forgetHalfOpen() {
        for index in breakers.permits.indices { breakers.permits[index].takesSlot = false }
    }

    private func force() {
        breakers.isForcing = true
        let told: (Result<BreakerInfo, CallError>?) throws -> Void = { [weak self] told in
            guard let self, told != nil else { return }
            try breakers.look(self)
            breakers.committed()
            forgetHalfOpen()
        }
        if chance(40) {
            let call = Breaker.Force(breaker: BreakerModel.name, state: chance(50) ? .forcedOpen : .disabled)
            send(call, from: anyConnection(), as: Self.root, told: told)
        } else {
            send(Breaker.Reset(breaker: BreakerModel.name), from: anyConnection(), as: Self.root, told: told)
        }
    }
}
