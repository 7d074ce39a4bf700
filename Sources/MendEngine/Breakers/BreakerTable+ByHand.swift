import MendProtocol

/// What was done by hand: it is in force at once, and durable with the call's commit.
struct ChangeByHand<Answer: Sendable>: Sendable {
    let answer: Answer
    /// Puts everything back as it was; permits that were given meanwhile stay out. Nothing where nothing was done.
    let undo: (@Sendable () -> Void)?
}

typealias BreakerChange = ChangeByHand<BreakerInfo>

extension BreakerTable {
    /// - Throws: `invalid_params` with the field where settings contradict each other, `too_large` where there are too
    ///   many breakers. Then nothing has changed.
    func configure(
        _ breaker: Name, _ change: Breaker.Configure, by caller: Caller, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> BreakerChange {
        try changing(breaker, by: caller, isDryRun: isDryRun, now: now) { breakers, entry throws(CallError) in
            let nothing = Breaker.Configure(breaker: breaker)
            let said = (entry.said ?? nothing).changed(by: change)
            let settings = breakers.settings(of: breaker.text, said: said)
            try settings.check(after: change)
            entry.said = said == nothing ? nil : said
            entry.machine.configure(settings, at: now)
        }
    }

    /// - Throws: `too_large` where there are too many breakers.
    func force(
        _ breaker: Name, _ forced: Breaker.Force.ForcedState, by caller: Caller, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> BreakerChange {
        try changing(breaker, by: caller, isDryRun: isDryRun, now: now) { _, entry throws(CallError) in
            entry.machine.force(forced, at: now)
        }
    }

    /// - Throws: `not_found`.
    func reset(
        _ breaker: Name, by caller: Caller, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> BreakerChange {
        try changing(breaker, by: caller, mayCreate: false, isDryRun: isDryRun, now: now) { _, entry in
            entry.machine.reset(at: now)
        }
    }

    /// Changes a scratch of the breaker, which takes its place unless it is a dry run.
    private func changing(
        _ breaker: Name, by caller: Caller, mayCreate: Bool = true, isDryRun: Bool, now: Moment,
        _ change: (Breakers, Breakers.Entry) throws(CallError) -> Void
    ) throws(CallError) -> BreakerChange {
        try withBreakers { breakers throws(CallError) in
            if !mayCreate, breakers[breaker] == nil { throw .notFound(breaker) }
            let scratch = try breakers.scratch(breaker, now: now)
            try change(breakers, scratch)
            if isDryRun {
                scratch.machine.sweep(at: now) { _ in }
                return BreakerChange(answer: scratch.machine.info(of: breaker, at: now), undo: nil)
            }
            let entry = try breakers.findOrCreate(breaker, now: now)
            let (machine, said) = (entry.machine, entry.said)
            (entry.machine, entry.said) = (scratch.machine, scratch.said)
            let number = breakers.noteByHand(entry, from: machine.state, by: caller, at: now)
            return BreakerChange(answer: breakers.info(entry, now: now)) {
                self.withBreakers { $0.undo(breaker, to: machine, said: said, transition: number, at: now) }
            }
        }
    }

    /// Forgets a breaker, and abandons its permits: the answer is how many those were. Who looks on sees it close.
    ///
    /// - Throws: `not_found`.
    func delete(
        _ breaker: Name, by caller: Caller, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> ChangeByHand<Int64> {
        try withBreakers { breakers throws(CallError) in
            guard let entry = breakers[breaker] else { throw .notFound(breaker) }
            _ = breakers.info(entry, now: now)
            if isDryRun { return ChangeByHand(answer: Int64(entry.machine.permitsOut), undo: nil) }
            let abandoned = breakers.remove(entry)
            let (machine, said) = (entry.machine, entry.said)
            entry.machine.reset(at: now)
            let number = breakers.noteByHand(
                entry, from: machine.state, because: "it was deleted", by: caller, at: now)
            return ChangeByHand(answer: abandoned) {
                self.withBreakers { $0.undo(breaker, to: machine, said: said, transition: number, at: now) }
            }
        }
    }
}

extension Breakers {
    /// Has a change by hand written by whoever made it; answers the number of the transition, if it was one.
    fileprivate mutating func noteByHand(
        _ entry: Entry, from state: BreakerState, because cause: String? = nil, by caller: Caller, at now: Moment
    ) -> Int? {
        guard entry.machine.state != state else {
            markDirty(entry, isWanted: false)
            return nil
        }
        noteTransition(of: entry, from: state, at: now, because: cause, by: caller)
        return entry.machine.transitions
    }
}

// MARK: - By pattern

extension BreakerTable {
    /// Says something of all breakers that a pattern names: the answer is the settings that it gives.
    ///
    /// - Throws: `invalid_params` with the field where settings contradict each other, `too_large` where there are too
    ///   many patterns.
    func configure(
        _ pattern: NamePattern, _ change: Breaker.Configure, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> ChangeByHand<(settings: BreakerSettings, said: Breaker.Configure?)> {
        try withBreakers { breakers throws(CallError) in
            let (before, nothing) = (breakers.said(of: pattern), Breaker.Configure(pattern: pattern))
            let said = (before ?? nothing).changed(by: change)
            let settings = breakers.settings(of: pattern, saying: said)
            try settings.check(after: change)
            if before == nil, breakers.patterns.count >= Breakers.maxPatterns {
                throw CallError(
                    .tooLarge, "there are \(Breakers.maxPatterns) patterns, and no more are kept", field: "pattern",
                    hint: "breaker.delete removes one")
            }
            let kept = said == nothing ? nil : said
            if isDryRun { return ChangeByHand(answer: (settings, kept), undo: nil) }
            breakers.say(kept, of: pattern, at: now)
            return ChangeByHand(answer: (settings, kept)) {
                self.withBreakers { $0.say(before, of: pattern, at: now) }
            }
        }
    }

    /// Says nothing by a pattern any more.
    ///
    /// - Throws: `not_found`.
    func delete(
        _ pattern: NamePattern, isDryRun: Bool = false, now: Moment
    ) throws(CallError) -> ChangeByHand<Void> {
        try withBreakers { breakers throws(CallError) in
            guard let before = breakers.said(of: pattern) else { throw .notFound(pattern) }
            if isDryRun { return ChangeByHand(answer: (), undo: nil) }
            breakers.say(nil, of: pattern, at: now)
            return ChangeByHand(answer: ()) { self.withBreakers { $0.say(before, of: pattern, at: now) } }
        }
    }
}
