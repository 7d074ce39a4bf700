import MendProtocol

extension ResolvedPolicy {
    /// For what usually works at the second try: 3 attempts, from half a second.
    package static let quick = ResolvedPolicy(
        strategy: .exponential, baseMs: 500, multiplier: 2, maxDelayMs: 5_000, jitter: .equal, maxAttempts: 3)

    /// Where nothing is said: 5 attempts, from a second.
    package static let standard = ResolvedPolicy(
        strategy: .exponential, baseMs: 1_000, multiplier: 2, maxDelayMs: 300_000, jitter: .equal, maxAttempts: 5)

    /// For what may take its time: 10 attempts from 2 seconds, a quarter of an hour in all.
    package static let patient = ResolvedPolicy(
        strategy: .exponential, baseMs: 2_000, multiplier: 2, maxDelayMs: 600_000, jitter: .equal, maxAttempts: 10)

    /// For a service that many callers lose at once: 5 attempts, 1 to 30 seconds apart, as far from each other as can be.
    package static let network = ResolvedPolicy(
        strategy: .exponential, baseMs: 1_000, multiplier: 2, maxDelayMs: 30_000, jitter: .decorrelated,
        maxAttempts: 5)

    /// For a container engine or an image registry: an engine needs some seconds to restart, a registry that limits its
    /// callers wants to be left alone for longer. 5 attempts, 5 seconds to a minute apart.
    package static let docker = ResolvedPolicy(
        strategy: .exponential, baseMs: 5_000, multiplier: 2, maxDelayMs: 60_000, jitter: .equal, maxAttempts: 5)

    /// What can be asked for by name.
    package static let shipped: [(name: String, policy: ResolvedPolicy)] = [
        ("quick", quick), ("standard", standard), ("patient", patient), ("network", network), ("docker", docker),
    ]

    /// The policy that a call chose; `default` where it chose none.
    ///
    /// Members that a written-out policy leaves out are those of `standard`; a limit that it names moves the other one
    /// along: `{"base_ms": 600000}` alone is a policy that always waits ten minutes.
    ///
    /// - Parameter field: where the choice stands in the call's parameters, for the error.
    /// - Throws: `invalid_params`, with the member at fault as its field.
    package init(
        _ choice: PolicyChoice?, default: ResolvedPolicy = .standard, field: String = "policy"
    ) throws(CallError) {
        switch choice {
        case nil: self = `default`
        case .named(let name): self = try Self.named(name.text, field: field)
        case .inline(let policy): self = try Self.checked(policy, field: field)
        }
    }

    /// One that a rule names, of those that are shipped.
    static func shipped(_ name: String?) -> ResolvedPolicy {
        shipped.first { $0.name == name }?.policy ?? .standard
    }

    private static func named(_ name: String, field: String) throws(CallError) -> ResolvedPolicy {
        guard let found = shipped.first(where: { $0.name == name }) else {
            let known = shipped.map(\.name).joined(separator: ", ")
            throw CallError(
                .invalidParams, "there is no retry policy \(name)", field: field,
                hint: "one of \(known), or a policy written out")
        }
        return found.policy
    }

    private static func checked(_ given: RetryPolicy, field: String) throws(CallError) -> ResolvedPolicy {
        var policy = standard
        policy.strategy = given.strategy ?? policy.strategy
        policy.multiplier = given.multiplier ?? policy.multiplier
        policy.jitter = given.jitter ?? policy.jitter
        policy.maxAttempts = given.maxAttempts?.value ?? policy.maxAttempts
        policy.maxElapsedMs = given.maxElapsedMs?.value
        policy.baseMs = given.baseMs?.value ?? min(policy.baseMs, given.maxDelayMs?.value ?? policy.baseMs)
        policy.maxDelayMs = given.maxDelayMs?.value ?? max(policy.maxDelayMs, policy.baseMs)
        guard policy.baseMs <= policy.maxDelayMs else {
            throw CallError(
                .invalidParams, "\(field).base_ms must be at most max_delay_ms, \(policy.maxDelayMs)",
                field: "\(field).base_ms")
        }
        // Not a number fails here, too.
        guard policy.multiplier >= 1, policy.multiplier <= maxMultiplier else {
            throw CallError(
                .invalidParams, "\(field).multiplier must be between 1 and \(Int(maxMultiplier))",
                field: "\(field).multiplier")
        }
        return policy
    }

    private static let maxMultiplier = 100.0
}
