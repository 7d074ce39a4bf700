import MendProtocol

/// How often what has happened since the daemon started.
struct Tally: Sendable {
    var successes: Int64 = 0
    var failures: Int64 = 0
    var denied: Int64 = 0
    var abandoned: Int64 = 0
    var ignored: Int64 = 0
    var shadowDenied: Int64 = 0
    var retries: Int64 = 0
    var fallbacks: Int64 = 0
}

/// One breaker's rules, without clock, randomness, lock and disk: the time and the random source are handed in.
///
/// A *period* is the time between two transitions. What a call that was let through in an earlier period reports says
/// something about a time that is over: its permit is given back, its outcome is not counted. So calls that were under
/// way when the breaker opened neither close nor reopen it later.
struct BreakerMachine: Sendable {
    private(set) var settings: BreakerSettings
    private(set) var state: BreakerState
    private(set) var since: Moment
    /// Counts up with each transition.
    private(set) var transitions = 0

    private(set) var consecutiveFailures: Int64 = 0
    var window: CallWindow
    /// Successes in this half-open period.
    private var successes: Int64 = 0

    /// Permits of this period, those of earlier ones, and those that only `shadow` let through.
    var current = PermitLog()
    var earlier = PermitLog()
    var shadowed = PermitLog()
    /// The calls and retries of the last minute, where there is a `retry_budget`.
    var budget: RetryBudget?
    var tally = Tally()

    /// How often it has opened since it was last healthy.
    private var openings: Int64
    /// How long it waited, or waits, after it last opened.
    private var recoveryTimeoutMs: Int64
    /// Of an open one: when the next call is let through to try. Elapsed milliseconds.
    private(set) var retryAt: Int64?
    /// Why it is open.
    private(set) var cause: String?

    init(_ settings: BreakerSettings = BreakerSettings(), at now: Moment) {
        self.settings = settings
        state = .closed
        since = now
        window = CallWindow(settings)
        budget = settings.retryBudget.map(RetryBudget.init)
        openings = 0
        recoveryTimeoutMs = settings.recoveryTimeoutMs
    }

    /// Goes on after a restart: no permit is out, and the counts begin anew.
    init(_ snapshot: BreakerSnapshot, settings: BreakerSettings) {
        self.settings = settings
        state = snapshot.state
        since = Moment(wallMs: snapshot.since, elapsedMs: snapshot.sinceElapsed)
        window = CallWindow(settings)
        budget = settings.retryBudget.map(RetryBudget.init)
        openings = snapshot.openings
        recoveryTimeoutMs = snapshot.recoveryTimeoutMs
        retryAt = snapshot.state == .open ? snapshot.retryAtElapsed ?? 0 : nil
        cause = snapshot.cause
    }

    /// - Parameters:
    ///   - said: what of its settings was said of it by name.
    ///   - uid: who was the first to use it.
    func snapshot(of breaker: Name, said: Breaker.Configure?, uid: UInt32? = nil) -> BreakerSnapshot {
        BreakerSnapshot(
            breaker: breaker, state: state, since: since.wallMs, sinceElapsed: since.elapsedMs,
            retryAtElapsed: retryAt, recoveryTimeoutMs: recoveryTimeoutMs, openings: openings, cause: cause,
            said: said ?? Breaker.Configure(breaker: breaker), uid: uid)
    }

    /// Permits that are out, of this period and of earlier ones.
    var permitsOut: Int { current.count + earlier.count + shadowed.count }

    /// Permits of this period that are out: what counts against `half_open_permits`.
    var permitsOutInPeriod: Int { current.count }

    /// Whether forgetting it loses nothing but its settings: one made by its next use would decide the same.
    func isAtRest(at now: Moment) -> Bool {
        permitsOut == 0 && consecutiveFailures == 0 && window.counts.failures == 0 && window.counts.slow == 0
            && state == .closed && isHealthy(at: now)
    }

    func info(of breaker: Name, at now: Moment) -> BreakerInfo {
        let counts = window.counts
        var info = BreakerInfo(
            breaker: breaker, state: state, since: since.wallMs, consecutiveFailures: consecutiveFailures,
            windowCalls: counts.calls, windowFailures: counts.failures, permits: Int64(permitsOut),
            denied: tally.denied,
            abandoned: tally.abandoned, retryAt: retryAt.map { now.wall(atElapsed: $0) }, settings: settings)
        if settings.slowCallDurationMs != nil { info.windowSlow = counts.slow }
        func unlessNone(_ count: Int64) -> Int64? { count == 0 ? nil : count }
        info.ignored = unlessNone(tally.ignored)
        info.shadowDenied = unlessNone(tally.shadowDenied)
        info.retries = unlessNone(tally.retries)
        info.fallbacks = unlessNone(tally.fallbacks)
        return info
    }
}

// MARK: - Outcomes

extension BreakerMachine {
    mutating func count(failed: Bool, slow: Bool, at now: Moment, random: inout RandomSource) {
        switch state {
        case .closed:
            consecutiveFailures = failed ? consecutiveFailures + 1 : 0
            window.add(failed: failed, slow: slow, at: now.elapsedMs)
            if let cause = causeToOpen { open(because: cause, at: now, random: &random) }
        case .halfOpen where failed:
            consecutiveFailures += 1
            open(because: "a call that tried in half-open failed", at: now, random: &random)
        case .halfOpen where slow && settings.slowCallRateThreshold != nil:
            open(because: "a call that tried in half-open was slow", at: now, random: &random)
        case .halfOpen:
            consecutiveFailures = 0
            successes += 1
            if successes >= settings.successThreshold { enter(.closed, at: now) }
        case .open, .forcedOpen, .disabled: break
        }
    }

    private var causeToOpen: String? {
        if consecutiveFailures >= settings.failureThreshold { return "\(consecutiveFailures.of("failure")) in a row" }
        let counts = window.counts
        guard counts.calls > 0, counts.calls >= settings.minimumCalls else { return nil }
        func reaches(_ threshold: Double?, _ count: Int64) -> Bool {
            threshold.map { Double(count) / Double(counts.calls) >= $0 } ?? false
        }
        if reaches(settings.failureRateThreshold, counts.failures) {
            return counts.calls == 1
                ? "the last call failed" : "\(counts.failures) of the last \(counts.calls) calls failed"
        }
        guard reaches(settings.slowCallRateThreshold, counts.slow) else { return nil }
        return counts.calls == 1
            ? "the last call was slow" : "\(counts.slow) of the last \(counts.calls) calls were slow"
    }

    /// Opens it for the recovery timeout, which is doubled for each opening since it was last healthy and spread over
    /// 80 % to 120 % of that, so that hosts that lost the same dependency do not try it all at once. It is never above
    /// `max_recovery_timeout_ms`: at the cap, the spread ends there.
    private mutating func open(because cause: String, at now: Moment, random: inout RandomSource) {
        if state == .closed, isHealthy(at: now) { openings = 0 }
        let cap = settings.maxRecoveryTimeoutMs
        let base = settings.recoveryTimeoutMs
        let grown = base > cap >> openings ? cap : base << openings
        openings += 1
        recoveryTimeoutMs = Int64.random(in: max(1, grown - grown / 5)...min(grown + grown / 5, cap), using: &random)
        enter(.open, at: now)
        self.cause = cause
        retryAt = now.elapsedMs + recoveryTimeoutMs
    }

    /// Whether it has been closed for long enough that its recovery timeout begins at the base again: twice as long as
    /// it last waited.
    private func isHealthy(at now: Moment) -> Bool {
        BreakerSnapshot.isHealthy(
            openings: openings, closedAt: since.elapsedMs, recoveryTimeoutMs: recoveryTimeoutMs, now: now)
    }

    mutating func enter(_ next: BreakerState, at now: Moment) {
        state = next
        since = now
        transitions += 1
        successes = 0
        retryAt = nil
        cause = nil
        earlier.append(emptying: &current)
        if next == .closed { forgetCounts() }
    }

    private mutating func forgetCounts() {
        consecutiveFailures = 0
        window = CallWindow(settings)
    }
}

// MARK: - By hand

extension BreakerMachine {
    /// Changes the settings and keeps the counts. What is open waits no longer than the new cap; permits that are out
    /// end by the new `permit_ms`.
    mutating func configure(_ new: BreakerSettings, at now: Moment) {
        if new.windowCalls != settings.windowCalls || new.windowMs != settings.windowMs
            || (new.slowCallDurationMs == nil) != (settings.slowCallDurationMs == nil)
        {
            window.advance(to: now.elapsedMs)
            window = window.resized(for: new, at: now.elapsedMs)
        }
        budget = new.retryBudget.map { budget?.changed(to: $0) ?? RetryBudget($0) }
        settings = new
        retryAt = retryAt.map { min($0, since.elapsedMs + new.maxRecoveryTimeoutMs) }
    }

    /// Holds it open or takes it out of action until it is reset.
    mutating func force(_ forced: Breaker.Force.ForcedState, at now: Moment) {
        let next: BreakerState =
            switch forced {
            case .forcedOpen: .forcedOpen
            case .disabled: .disabled
            }
        if state != next { enter(next, at: now) }
    }

    /// Closes it and forgets its counts and how often it opened. `since` stays where it was closed already.
    mutating func reset(at now: Moment) {
        let closedSince = state == .closed ? since : now
        enter(.closed, at: now)
        since = closedSince
        openings = 0
        recoveryTimeoutMs = settings.recoveryTimeoutMs
    }

    /// Takes back a change that could not be made durable. What was counted meanwhile is lost with it; permits stay out.
    mutating func restore(_ previous: BreakerMachine) {
        let changed = self
        self = previous
        current = changed.current
        earlier = changed.earlier
        shadowed = changed.shadowed
        tally = changed.tally
        if changed.transitions != previous.transitions { earlier.append(emptying: &current) }
        transitions = changed.transitions + 1
    }
}
