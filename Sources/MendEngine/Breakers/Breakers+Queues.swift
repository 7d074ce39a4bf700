import MendProtocol

/// How a breaker lets pass what is tied to it on queues.
enum Gate: Equatable, Sendable {
    /// Nothing passes before this elapsed time; nothing at all where there is none.
    case shut(untilMs: Int64?)
    /// So many more may pass now.
    case narrow(room: Int64)
    case wide
}

/// A leased operation's permit, which lives as long as its lease.
struct LentPermit: Hashable, Sendable {
    /// The time between two transitions of a breaker in which it was given.
    struct Period: Hashable, Sendable {
        let breaker: Name
        let number: Int
    }

    let permit: Int64
    let period: Period
    let grantedAtMs: Int64
}

enum Loan: Sendable {
    case given(LentPermit)
    /// It passes, and is not counted: no more breakers or permits are kept.
    case uncounted
    /// When to ask again, where nothing else happens before: elapsed time.
    case refused(retryAtMs: Int64?)
}

extension BreakerTable {
    /// A breaker that nobody has used yet is as good as closed.
    ///
    /// - Parameter isAwaited: whether there is more that waits for it to let pass.
    func gate(of breaker: Name, now: Moment, isAwaited: Bool = false) -> Gate {
        withBreakers { breakers in
            guard let entry = breakers[breaker] else { return .wide }
            if isAwaited { entry.isAwaited = true }
            return entry.machine.gate(at: now)
        }
    }

    /// Whether operations that are tied to it count as parked.
    func isShut(_ breaker: Name) -> Bool {
        withBreakers { $0[breaker]?.machine.isShut ?? false }
    }

    /// Asks for a permit for an operation that is about to be leased.
    ///
    /// - Parameter leased: how many leases have a permit of a period, also where their permits have ended before them.
    func lend(
        _ breaker: Name, to uid: UInt32, now: Moment, leased: (LentPermit.Period) -> Int64
    ) -> Loan {
        withBreakers { $0.lend(breaker, to: uid, now: now, leased: leased) }
    }

    /// A lease has ended: so has its permit.
    func settle(_ lent: LentPermit, _ outcome: MendProtocol.Outcome, now: Moment) {
        withBreakers { $0.settle(lent, outcome, now: now) }
    }

    /// Gives a worker that asks for itself the permit of an operation that it has leased, once: its own lease must not
    /// keep it out.
    func handOver(_ breaker: Name, to uid: UInt32) -> Breaker.Acquire.Answer? {
        withBreakers { $0.handOver(breaker, to: uid) }
    }

    /// Breakers that refused an operation, and may let one pass since.
    func takeFreed() -> [Name] { withBreakers { $0.takeFreed() } }

    /// Takes that back where the commit failed.
    func markFreed(_ names: [Name]) { withBreakers { $0.freed += names } }
}

extension BreakerMachine {
    /// Counts how a call of this period ended whose permit is no longer out.
    fileprivate mutating func countLate(
        _ outcome: MendProtocol.Outcome, durationMs: Int64, at now: Moment, random: inout RandomSource
    ) {
        guard outcome != .ignored else { return }
        let slow = settings.slowCallDurationMs.map { durationMs >= $0 } ?? false
        count(failed: outcome != .success, slow: slow, at: now, random: &random)
    }

    var isShut: Bool { settings.shadow != true && (state == .open || state == .forcedOpen) }

    func gate(at now: Moment) -> Gate {
        if settings.shadow == true { return .wide }
        switch state {
        case .closed, .disabled: return .wide
        case .forcedOpen: return .shut(untilMs: nil)
        case .halfOpen: return .narrow(room: max(0, settings.halfOpenPermits - Int64(permitsOutInPeriod)))
        case .open:
            let untilMs = retryAt ?? 0
            return untilMs > now.elapsedMs ? .shut(untilMs: untilMs) : .narrow(room: settings.halfOpenPermits)
        }
    }
}

extension Breakers {
    fileprivate mutating func lend(
        _ name: Name, to uid: UInt32, now: Moment, leased: (LentPermit.Period) -> Int64
    ) -> Loan {
        do {
            let entry = try findOrCreate(name, by: uid, now: now)
            let period = LentPermit.Period(breaker: name, number: entry.machine.transitions)
            let settings = entry.machine.settings
            if entry.machine.state == .halfOpen, settings.shadow != true, leased(period) >= settings.halfOpenPermits {
                entry.isAwaited = true
                return .refused(retryAtMs: nil)
            }
            let answer = try acquire(name, BreakerMachine.Request(uid: uid), owner: nil, now: now)
            guard answer.granted, let permit = answer.permit else {
                entry.isAwaited = true
                return .refused(retryAtMs: answer.retryAfterMs.map { now.elapsedMs + $0 })
            }
            entry.lent[permit] = Entry.Lent(uid: uid, period: entry.machine.transitions)
            return .given(
                LentPermit(
                    permit: permit,
                    period: LentPermit.Period(breaker: name, number: entry.machine.transitions),
                    grantedAtMs: now.elapsedMs))
        } catch {
            // Too many breakers or permits: what is promised must happen all the same.
            return .uncounted
        }
    }

    fileprivate mutating func settle(_ lent: LentPermit, _ outcome: MendProtocol.Outcome, now: Moment) {
        guard let entry = self[lent.period.breaker] else { return }
        entry.lent[lent.permit] = nil
        // It was given, and nobody asks for who has it: nothing is refused.
        let answer = try? record(
            lent.permit, outcome, durationMs: nil, usedFallback: false, uid: 0, isOperator: true, now: now)
        // The time of its permit was over before that of its lease: what it says of this period is still true.
        // It says nothing of another breaker that has the name of a deleted one.
        if answer?.stale == true, byPermit[lent.permit] === entry, entry.machine.transitions == lent.period.number {
            let state = entry.machine.state
            entry.machine.countLate(outcome, durationMs: now.elapsedMs - lent.grantedAtMs, at: now, random: &random)
            if entry.machine.transitions != lent.period.number { noteTransition(of: entry, from: state, at: now) }
        }
        noteFreed(entry)
    }

    fileprivate mutating func handOver(_ name: Name, to uid: UInt32) -> Breaker.Acquire.Answer? {
        guard let entry = self[name], entry.machine.state == .halfOpen || entry.machine.state == .closed else {
            return nil
        }
        let period = entry.machine.transitions
        let own = entry.lent.filter { $0.value == Entry.Lent(uid: uid, period: period) }
        guard let permit = own.keys.min() else { return nil }
        entry.lent[permit] = nil
        entry.machine.tally.denied -= 1
        return Breaker.Acquire.Answer(
            granted: true, state: entry.machine.state, why: "this call has the permit of an operation of yours",
            permit: permit)
    }

    fileprivate mutating func takeFreed() -> [Name] {
        defer { freed.removeAll() }
        return freed
    }

    /// A permit of a breaker is back, or its state has changed: those whom it refused may try again.
    mutating func noteFreed(_ entry: Entry) {
        guard entry.isAwaited else { return }
        entry.isAwaited = false
        freed.append(entry.name)
        wishesPersist = true
    }
}
