import MendProtocol

extension Breaker.Configure {
    /// What is said of a breaker after another call: what that leaves out is as it was, what it unsets is said no more.
    func changed(by call: Breaker.Configure) -> Breaker.Configure {
        var said = self
        func take<Value>(_ setting: WritableKeyPath<Breaker.Configure, Setting<Value>?>) {
            guard let change = call[keyPath: setting] else { return }
            said[keyPath: setting] = change == .unset ? nil : change
        }
        take(\.failureThreshold)
        take(\.failureRateThreshold)
        take(\.slowCallDurationMs)
        take(\.slowCallRateThreshold)
        take(\.minimumCalls)
        take(\.windowCalls)
        take(\.windowMs)
        take(\.recoveryTimeoutMs)
        take(\.maxRecoveryTimeoutMs)
        take(\.successThreshold)
        take(\.halfOpenPermits)
        take(\.permitMs)
        take(\.maxConcurrent)
        take(\.retryBudget)
        take(\.shadow)
        return said
    }
}

extension BreakerSettings {
    /// These settings with those that are said of a breaker.
    func with(_ said: Breaker.Configure) -> BreakerSettings {
        var new = self
        new.failureThreshold = said.failureThreshold?.value?.value ?? failureThreshold
        new.failureRateThreshold = said.failureRateThreshold?.value?.value ?? failureRateThreshold
        new.slowCallDurationMs = said.slowCallDurationMs?.value?.value ?? slowCallDurationMs
        new.slowCallRateThreshold = said.slowCallRateThreshold?.value?.value ?? slowCallRateThreshold
        new.minimumCalls = said.minimumCalls?.value?.value ?? minimumCalls
        new.windowCalls = said.windowCalls?.value?.value ?? windowCalls
        new.windowMs = said.windowMs?.value?.value ?? windowMs
        new.recoveryTimeoutMs = said.recoveryTimeoutMs?.value?.value ?? recoveryTimeoutMs
        new.maxRecoveryTimeoutMs = said.maxRecoveryTimeoutMs?.value?.value ?? maxRecoveryTimeoutMs
        new.successThreshold = said.successThreshold?.value?.value ?? successThreshold
        new.halfOpenPermits = said.halfOpenPermits?.value?.value ?? halfOpenPermits
        new.permitMs = said.permitMs?.value?.value ?? permitMs
        new.maxConcurrent = said.maxConcurrent?.value?.value ?? maxConcurrent
        new.retryBudget = said.retryBudget?.value?.value ?? retryBudget
        new.shadow = said.shadow?.value ?? shadow
        return new
    }

    /// Refuses settings that contradict each other, as they are after `change`.
    ///
    /// - Throws: `invalid_params` with the field.
    func check(after change: Breaker.Configure) throws(CallError) {
        if windowMs == nil, minimumCalls > windowCalls {
            throw CallError(
                .invalidParams,
                "minimum_calls (\(minimumCalls)) is above window_calls (\(windowCalls)): no rate would ever count",
                field: change.minimumCalls == nil ? "window_calls" : "minimum_calls",
                hint: "a call can set both")
        }
        if recoveryTimeoutMs > maxRecoveryTimeoutMs {
            throw CallError(
                .invalidParams,
                "recovery_timeout_ms (\(recoveryTimeoutMs)) is above max_recovery_timeout_ms (\(maxRecoveryTimeoutMs))",
                field: change.recoveryTimeoutMs == nil ? "max_recovery_timeout_ms" : "recovery_timeout_ms",
                hint: "a call can set both")
        }
        if slowCallRateThreshold != nil, slowCallDurationMs == nil {
            throw CallError(
                .invalidParams, "slow_call_rate_threshold needs slow_call_duration_ms: no call would ever be slow",
                field: change.slowCallRateThreshold == nil ? "slow_call_duration_ms" : "slow_call_rate_threshold",
                hint: "a call can set both")
        }
    }
}
