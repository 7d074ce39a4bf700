import MendProtocol

extension Breaker.Configure {
    /// What was said, as options of `mend breaker configure`: said again, it is the same.
    var words: [String] {
        func word<Value>(_ name: String, _ setting: Setting<Value>?, _ text: (Value) -> String) -> String? {
            switch setting {
            case .to(let value): "--\(name) \(text(value))"
            case .unset: "--\(name) default"
            case nil: nil
            }
        }
        func count(_ name: String, _ setting: Setting<Count>?) -> String? { word(name, setting) { String($0.value) } }
        func share(_ name: String, _ setting: Setting<Share>?) -> String? { word(name, setting) { "\($0.value)" } }
        func time(_ name: String, _ setting: Setting<PositiveMilliseconds>?) -> String? {
            word(name, setting) { DurationText.exact($0.value) }
        }
        return [
            count("failure-threshold", failureThreshold), share("failure-rate-threshold", failureRateThreshold),
            time("slow-call-duration", slowCallDurationMs), share("slow-call-rate-threshold", slowCallRateThreshold),
            count("minimum-calls", minimumCalls), count("window-calls", windowCalls), time("window", windowMs),
            time("recovery-timeout", recoveryTimeoutMs), time("max-recovery-timeout", maxRecoveryTimeoutMs),
            count("success-threshold", successThreshold), count("half-open-permits", halfOpenPermits),
            time("permit-time", permitMs), count("max-concurrent", maxConcurrent), share("retry-budget", retryBudget),
            word("shadow", shadow) { String($0) },
        ].compactMap { $0 }
    }
}
