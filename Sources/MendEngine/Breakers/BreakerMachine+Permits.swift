import MendProtocol

extension BreakerMachine {
    /// Permits of one breaker that can be out at a time.
    static let maxPermits = 10_000
    /// When to ask again at `max_concurrent`: calls end when they end, and long before their permits do.
    static let crowdedRetryMs: Int64 = 1000

    enum Decision: Equatable {
        case granted(why: String)
        case denied(why: String, retryAfterMs: Int64?)
        /// It would be granted, but no more permits can be out.
        case exhausted(retryAfterMs: Int64)
    }

    /// What a caller says of the call that it asks for.
    struct Request {
        var uid: UInt32
        var isRetry = false
        var hasFallback = false
    }

    /// Decides whether a call may be made, as permit `id`, which is greater than all before it.
    ///
    /// An open breaker whose recovery timeout has passed becomes half-open by this. `hasRoom` says whether the caller
    /// can keep another permit; `onAbandoned` is told the permits that turn out to be abandoned.
    mutating func acquire(
        _ id: Int64, _ request: Request, at now: Moment, hasRoom: Bool = true,
        onAbandoned: (Int64) -> Void = { _ in }
    ) -> Decision {
        sweep(at: now, onAbandoned)
        let refusal = refusal(of: request, at: now)
        if let refusal, settings.shadow != true {
            tally.denied += 1
            if request.hasFallback { tally.fallbacks += 1 }
            return .denied(why: refusal.why, retryAfterMs: refusal.retryAfterMs)
        }
        guard hasRoom, permitsOut < Self.maxPermits else {
            return .exhausted(
                retryAfterMs: min(untilEnd(of: current, now), untilEnd(of: earlier, now), untilEnd(of: shadowed, now)))
        }
        let permit = PermitLog.Permit(id: id, grantedAt: now.elapsedMs, uid: request.uid)
        if request.isRetry { tally.retries += 1 }
        if let refusal {
            tally.shadowDenied += 1
            shadowed.append(permit)
            return .granted(why: "only in shadow: \(refusal.why)")
        }
        if state == .open { enter(.halfOpen, at: now) }
        if state != .disabled { budget?.add(isRetry: request.isRetry, at: now.elapsedMs) }
        current.append(permit)
        return .granted(why: whyGranted)
    }

    /// Why a call may not be made, and when asking again is worth it.
    mutating func refusal(of request: Request, at now: Moment) -> (why: String, retryAfterMs: Int64?)? {
        switch state {
        case .closed: break
        case .disabled: return nil
        case .forcedOpen: return ("held open by an operator", nil)
        case .open:
            let waitMs = (retryAt ?? 0) - now.elapsedMs
            if waitMs > 0 { return (cause ?? "open", waitMs) }
        case .halfOpen:
            if current.count >= settings.halfOpenPermits {
                return ("half-open: as many calls as may try are under way", untilEnd(of: current, now))
            }
        }
        if let most = settings.maxConcurrent, current.count + earlier.count >= most {
            return (
                "as many calls are under way as max_concurrent (\(most)) allows",
                min(untilEnd(of: current, now), untilEnd(of: earlier, now), Self.crowdedRetryMs)
            )
        }
        guard request.isRetry else { return nil }
        return budget?.refusal(at: now.elapsedMs)
    }

    /// Who holds a permit that is out.
    func holder(of id: Int64) -> UInt32? {
        (current.permit(id) ?? earlier.permit(id) ?? shadowed.permit(id))?.uid
    }

    /// Takes a permit back with how its call ended; false if it is abandoned.
    ///
    /// - Parameter durationMs: how long the call took; the time since the permit was given where nothing is said.
    mutating func finish(
        _ id: Int64, _ outcome: MendProtocol.Outcome, durationMs: Int64? = nil, at now: Moment,
        random: inout RandomSource, onAbandoned: (Int64) -> Void = { _ in }
    ) -> Bool {
        sweep(at: now, onAbandoned)
        guard let grantedAt = current.take(id) else { return earlier.remove(id) || shadowed.remove(id) }
        let slow = settings.slowCallDurationMs.map { (durationMs ?? now.elapsedMs - grantedAt) >= $0 } ?? false
        switch outcome {
        case .success:
            tally.successes += 1
            count(failed: false, slow: slow, at: now, random: &random)
        case .failure, .timeout:
            tally.failures += 1
            count(failed: true, slow: slow, at: now, random: &random)
        case .ignored: tally.ignored += 1
        }
        return true
    }

    /// Takes a permit back whose owner has ended without a word: it says nothing about the dependency.
    mutating func abandon(_ id: Int64) {
        if current.remove(id) || earlier.remove(id) || shadowed.remove(id) { tally.abandoned += 1 }
    }

    /// Takes all permits back, as when the breaker is deleted.
    mutating func abandonAll(_ onAbandoned: (Int64) -> Void) {
        let before = permitsOut
        earlier.removeAll(grantedUpTo: .max, onAbandoned)
        current.removeAll(grantedUpTo: .max, onAbandoned)
        shadowed.removeAll(grantedUpTo: .max, onAbandoned)
        tally.abandoned += Int64(before - permitsOut)
    }

    /// Takes back the permits whose time is over, and leaves out calls that are too old for the window.
    mutating func sweep(at now: Moment, _ onAbandoned: (Int64) -> Void) {
        window.advance(to: now.elapsedMs)
        let before = permitsOut
        guard before > 0 else { return }
        let endedMs = now.elapsedMs - settings.permitMs
        earlier.removeAll(grantedUpTo: endedMs, onAbandoned)
        current.removeAll(grantedUpTo: endedMs, onAbandoned)
        shadowed.removeAll(grantedUpTo: endedMs, onAbandoned)
        tally.abandoned += Int64(before - permitsOut)
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
