import MendProtocol

extension BreakerSettings {
    /// The settings after a call of `breaker.configure`.
    ///
    /// - Throws: `invalid_params` with the field, where settings contradict each other.
    func checked(changedBy change: Breaker.Configure) throws(CallError) -> BreakerSettings {
        let new = changed(by: change)
        if new.windowMs == nil, new.minimumCalls > new.windowCalls {
            throw CallError(
                .invalidParams,
                "minimum_calls (\(new.minimumCalls)) is above window_calls (\(new.windowCalls)): the rate would never count",
                field: change.minimumCalls == nil ? "window_calls" : "minimum_calls",
                hint: "a call can set both")
        }
        if new.recoveryTimeoutMs > new.maxRecoveryTimeoutMs {
            throw CallError(
                .invalidParams,
                """
                recovery_timeout_ms (\(new.recoveryTimeoutMs)) is above max_recovery_timeout_ms \
                (\(new.maxRecoveryTimeoutMs))
                """,
                field: change.recoveryTimeoutMs == nil ? "max_recovery_timeout_ms" : "recovery_timeout_ms",
                hint: "a call can set both")
        }
        return new
    }

    func changed(by change: Breaker.Configure) -> BreakerSettings {
        var new = self
        new.failureThreshold = change.failureThreshold?.value ?? failureThreshold
        new.failureRateThreshold = change.failureRateThreshold?.value ?? failureRateThreshold
        new.minimumCalls = change.minimumCalls?.value ?? minimumCalls
        new.windowCalls = change.windowCalls?.value ?? windowCalls
        new.windowMs = change.windowMs?.value ?? windowMs
        new.recoveryTimeoutMs = change.recoveryTimeoutMs?.value ?? recoveryTimeoutMs
        new.maxRecoveryTimeoutMs = change.maxRecoveryTimeoutMs?.value ?? maxRecoveryTimeoutMs
        new.successThreshold = change.successThreshold?.value ?? successThreshold
        new.halfOpenPermits = change.halfOpenPermits?.value ?? halfOpenPermits
        new.permitMs = change.permitMs?.value ?? permitMs
        if let change = change.maxConcurrent { new.maxConcurrent = change.value?.value }
        return new
    }

    /// The call that makes these settings out of the defaults.
    func changes(of breaker: Name) -> Breaker.Configure {
        let defaults = BreakerSettings()
        func differing<V: Equatable>(_ setting: KeyPath<BreakerSettings, V>) -> V? {
            self[keyPath: setting] == defaults[keyPath: setting] ? nil : self[keyPath: setting]
        }
        var change = Breaker.Configure(breaker: breaker)
        change.failureThreshold = differing(\.failureThreshold).flatMap(Count.init)
        change.failureRateThreshold = failureRateThreshold.flatMap(Share.init)
        change.minimumCalls = differing(\.minimumCalls).flatMap(Count.init)
        change.windowCalls = differing(\.windowCalls).flatMap(Count.init)
        change.windowMs = windowMs.flatMap(PositiveMilliseconds.init)
        change.recoveryTimeoutMs = differing(\.recoveryTimeoutMs).flatMap(PositiveMilliseconds.init)
        change.maxRecoveryTimeoutMs = differing(\.maxRecoveryTimeoutMs).flatMap(PositiveMilliseconds.init)
        change.successThreshold = differing(\.successThreshold).flatMap(Count.init)
        change.halfOpenPermits = differing(\.halfOpenPermits).flatMap(Count.init)
        change.permitMs = differing(\.permitMs).flatMap(PositiveMilliseconds.init)
        change.maxConcurrent = maxConcurrent.flatMap(Count.init).map { .to($0) }
        return change
    }
}
