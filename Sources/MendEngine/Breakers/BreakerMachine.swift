import MendProtocol

/// One breaker's rules, without clock, randomness, lock and disk: the time and the random source are handed in.
///
/// A *period* is the time between two transitions. What a call that was let through in an earlier period reports says
/// something about a time that is over: its permit is given back, its outcome is not counted. So calls that were under
/// way when the breaker opened neither close nor reopen it later.
struct BreakerMachine: Sendable {
    /// Permits of one breaker that can be out at a time.
    static let maxPermits = 10_000
    /// When to ask again at `max_concurrent`: calls end when they end, and long before their permits do.
    static let crowdedRetryMs: Int64 = 1000

    private(set) var settings: BreakerSettings
    private(set) var state: BreakerState
    private(set) var since: Moment
    /// Counts up with each transition.
    private(set) var transitions = 0

    private(set) var consecutiveFailures: Int64 = 0
    private var window: CallWindow
    /// Successes in this half-open period.
    private var successes: Int64 = 0

    /// Permits of this period, and those of earlier ones.
    private var current = PermitLog()
    private var earlier = PermitLog()
    private(set) var denied: Int64 = 0
    private(set) var abandoned: Int64 = 0

    /// How often it has opened since it was last healthy.
    private var openings: Int64
    /// How long it waited, or waits, after it last opened.
    private var recoveryTimeoutMs: Int64
    /// Of an open one: when the next call is let through to try. Elapsed milliseconds.
    private(set) var retryAt: Int64?
    /// Why it is open.
    private(set) var cause: String?

    init(at now: Moment) {
        settings = BreakerSettings()
        state = .closed
        since = now
        window = CallWindow(settings)
        openings = 0
        recoveryTimeoutMs = settings.recoveryTimeoutMs
    }

    /// Goes on after a restart: no permit is out, and the counts begin anew.
    init(_ snapshot: BreakerSnapshot, settings: BreakerSettings) {
        self.settings = settings
        state = snapshot.state
        since = Moment(wallMs: snapshot.since, elapsedMs: snapshot.sinceElapsed)
        window = CallWindow(settings)
        openings = snapshot.openings
        recoveryTimeoutMs = snapshot.recoveryTimeoutMs
        retryAt = snapshot.state == .open ? snapshot.retryAtElapsed ?? 0 : nil
        cause = snapshot.cause
    }

    /// - Parameter said: what of its settings was said of it by name.
    func snapshot(of breaker: Name, said: Breaker.Configure?) -> BreakerSnapshot {
        BreakerSnapshot(
            breaker: breaker, state: state, since: since.wallMs, sinceElapsed: since.elapsedMs,
            retryAtElapsed: retryAt, recoveryTimeoutMs: recoveryTimeoutMs, openings: openings, cause: cause,
            said: said ?? Breaker.Configure(breaker: breaker))
    }

    /// Permits that are out, of this period and of earlier ones.
    var permitsOut: Int { current.count + earlier.count }

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
            windowCalls: counts.calls, windowFailures: counts.failures, permits: Int64(permitsOut), denied: denied,
            abandoned: abandoned, retryAt: retryAt.map { now.wall(atElapsed: $0) }, settings: settings)
        if settings.slowCallDurationMs != nil { info.windowSlow = counts.slow }
        return info
    }
}

// MARK: - Permits

extension BreakerMachine {
    enum Decision: Equatable {
        case granted(why: String)
        case denied(why: String, retryAfterMs: Int64?)
        /// It would be granted, but no more permits can be out.
        case exhausted(retryAfterMs: Int64)
    }

    /// Decides whether a call may be made, as permit `id`, which is greater than all before it.
    ///
    /// An open breaker whose recovery timeout has passed becomes half-open by this. `hasRoom` says whether the caller
    /// can keep another permit; `onAbandoned` is told the permits that turn out to be abandoned.
    mutating func acquire(
        _ id: Int64, uid: UInt32, at now: Moment, hasRoom: Bool = true, onAbandoned: (Int64) -> Void = { _ in }
    ) -> Decision {
        sweep(at: now, onAbandoned)
        switch state {
        case .closed, .disabled: break
        case .forcedOpen: return deny("held open by an operator", retryAfterMs: nil)
        case .open:
            let waitMs = (retryAt ?? 0) - now.elapsedMs
            if waitMs > 0 { return deny(cause ?? "open", retryAfterMs: waitMs) }
        case .halfOpen:
            if current.count >= settings.halfOpenPermits {
                return deny(
                    "half-open: as many calls as may try are under way", retryAfterMs: untilEnd(of: current, now))
            }
        }
        if let most = settings.maxConcurrent, permitsOut >= most, state != .disabled {
            return deny(
                "as many calls are under way as max_concurrent (\(most)) allows",
                retryAfterMs: min(untilEnd(of: current, now), untilEnd(of: earlier, now), Self.crowdedRetryMs))
        }
        guard hasRoom, permitsOut < Self.maxPermits else {
            return .exhausted(retryAfterMs: min(untilEnd(of: current, now), untilEnd(of: earlier, now)))
        }
        if state == .open { enter(.halfOpen, at: now) }
        current.append(PermitLog.Permit(id: id, grantedAt: now.elapsedMs, uid: uid))
        return .granted(why: whyGranted)
    }

    /// Who holds a permit that is out.
    func holder(of id: Int64) -> UInt32? { (current.permit(id) ?? earlier.permit(id))?.uid }

    /// Takes a permit back with how its call ended; false if it is abandoned.
    ///
    /// - Parameter durationMs: how long the call took; the time since the permit was given where nothing is said.
    mutating func finish(
        _ id: Int64, _ outcome: MendProtocol.Outcome, durationMs: Int64? = nil, at now: Moment,
        random: inout RandomSource, onAbandoned: (Int64) -> Void = { _ in }
    ) -> Bool {
        sweep(at: now, onAbandoned)
        guard let grantedAt = current.take(id) else { return earlier.remove(id) }
        let slow = settings.slowCallDurationMs.map { (durationMs ?? now.elapsedMs - grantedAt) >= $0 } ?? false
        switch outcome {
        case .success: count(failed: false, slow: slow, at: now, random: &random)
        case .failure, .timeout: count(failed: true, slow: slow, at: now, random: &random)
        case .ignored: break
        }
        return true
    }

    /// Takes a permit back whose owner has ended without a word: it says nothing about the dependency.
    mutating func abandon(_ id: Int64) {
        if current.remove(id) || earlier.remove(id) { abandoned += 1 }
    }

    /// Takes back the permits whose time is over, and leaves out calls that are too old for the window.
    mutating func sweep(at now: Moment, _ onAbandoned: (Int64) -> Void) {
        window.advance(to: now.elapsedMs)
        let before = permitsOut
        guard before > 0 else { return }
        earlier.removeAll(grantedUpTo: now.elapsedMs - settings.permitMs, onAbandoned)
        current.removeAll(grantedUpTo: now.elapsedMs - settings.permitMs, onAbandoned)
        abandoned += Int64(before - permitsOut)
    }

    private mutating func deny(_ why: String, retryAfterMs: Int64?) -> Decision {
        denied += 1
        return .denied(why: why, retryAfterMs: retryAfterMs)
    }

    private var whyGranted: String {
        switch state {
        case .halfOpen: "half-open: this call tries whether it works again"
        case .disabled: "taken out of action by an operator"
        default: "closed"
        }
    }

    /// Until the oldest permit ends, which is the latest that one is free again.
    private func untilEnd(of log: PermitLog, _ now: Moment) -> Int64 {
        guard let first = log.first else { return settings.permitMs }
        return max(1, first.grantedAt + settings.permitMs - now.elapsedMs)
    }
}

// MARK: - Outcomes

extension BreakerMachine {
    private mutating func count(failed: Bool, slow: Bool, at now: Moment, random: inout RandomSource) {
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
        if consecutiveFailures >= settings.failureThreshold { return "\(consecutiveFailures) failures in a row" }
        let counts = window.counts
        guard counts.calls > 0, counts.calls >= settings.minimumCalls else { return nil }
        func reaches(_ threshold: Double?, _ count: Int64) -> Bool {
            threshold.map { Double(count) / Double(counts.calls) >= $0 } ?? false
        }
        if reaches(settings.failureRateThreshold, counts.failures) {
            return "\(counts.failures) of the last \(counts.calls) calls failed"
        }
        guard reaches(settings.slowCallRateThreshold, counts.slow) else { return nil }
        return "\(counts.slow) of the last \(counts.calls) calls were slow"
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

    private mutating func enter(_ next: BreakerState, at now: Moment) {
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
        if changed.transitions != previous.transitions { earlier.append(emptying: &current) }
        transitions = changed.transitions + 1
        denied = changed.denied
        abandoned = changed.abandoned
    }
}
