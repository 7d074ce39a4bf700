import GRDB
import MendProtocol
import MendWire

/// What was set of a queue, and nothing else: what is absent has its default, or no limit.
struct StoredQueueSettings: Codable, Hashable {
    var maxSize: Int64?
    var maxConcurrent: Int64?
    var rate: Double?
    var burst: Int64?
    var policy: PolicyChoice?
    var leaseMs: Int64?
    var poisonLosses: Int64?
    var producers: Members?
    var consumers: Members?
    var breaker: Name?

    init() {}

    /// What a queue's row says.
    init(stored text: String?) throws {
        guard let text else { return }
        self = try WireDecoder.decode(
            StoredQueueSettings.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
    }

    /// The row's text; nothing where nothing is set.
    var stored: String? {
        get throws { self == StoredQueueSettings() ? nil : try WireEncoder.text(of: self) }
    }

    func inForce(_ defaults: EngineSettings) -> QueueSettings {
        var settings = QueueSettings(
            maxSize: maxSize ?? defaults.queueMaxSize, leaseMs: leaseMs ?? defaults.leaseMs,
            poisonLosses: poisonLosses ?? defaults.poisonLosses)
        settings.maxConcurrent = maxConcurrent
        settings.rate = rate
        settings.burst = bucket?.burst
        settings.policy = policy
        settings.producers = producers
        settings.consumers = consumers
        settings.breaker = breaker
        return settings
    }

    var bucket: TokenBucket? { rate.map { TokenBucket(rate: $0, burst: burst) } }

    /// - Throws: `invalid_params` with the field, where a setting means nothing.
    func changed(by call: Queue.Configure) throws(CallError) -> StoredQueueSettings {
        var new = self
        new.maxSize = call.maxSize.map { $0.value?.value } ?? maxSize
        new.maxConcurrent = call.maxConcurrent.map { $0.value?.value } ?? maxConcurrent
        new.rate = call.rate.map { $0.value?.value } ?? rate
        new.burst = call.burst.map { $0.value?.value } ?? burst
        new.policy = policy.changed(by: call.policy)
        new.leaseMs = call.leaseMs.map { $0.value?.value } ?? leaseMs
        new.poisonLosses = call.poisonLosses.map { $0.value?.value } ?? poisonLosses
        new.producers = producers.changed(by: call.producers)
        new.consumers = consumers.changed(by: call.consumers)
        new.breaker = breaker.changed(by: call.breaker)
        if new.rate == nil {
            if call.burst?.value != nil {
                throw CallError(
                    .invalidParams, "burst means nothing without a rate", field: "burst", hint: "a call can set both")
            }
            new.burst = nil
        }
        _ = try ResolvedPolicy(new.policy)
        return new
    }
}

extension Members {
    func admit(_ caller: Caller) -> Bool {
        caller.role == .operator || contains(user: caller.uid, groups: caller.groups)
    }
}
