import MendWire

extension Queue {
    /// Changes a queue's settings; one that is not there yet begins with them. What is left out stays as it is, and `null`
    /// takes a setting back to its default.
    public struct Configure: Method {
        public static let name = "queue.configure"
        public static let summary =
            "Changes a queue's settings; makes it where it is missing. Answers those in force."
        public static let role = Role.operator
        /// The settings in force.
        public typealias Answer = QueueSettings

        public var queue: Name
        /// Live operations that it takes before it answers `queue_full`.
        public var maxSize: Setting<QueueSize>?
        /// Operations that are leased at a time at most.
        public var maxConcurrent: Setting<Count>?
        /// Leases a second.
        public var rate: Setting<Rate>?
        /// Leases that may come at once after a rest; those of one second, at least one, where nothing is said.
        public var burst: Setting<Count>?
        /// The retry policy of operations that come without one.
        public var policy: Setting<PolicyChoice>?
        /// How long a lease is taken for where the call does not say.
        public var leaseMs: Setting<PositiveMilliseconds>?
        /// Leases that an operation may lose in a row before it is taken for poison.
        public var poisonLosses: Setting<Attempts>?
        /// Who may enqueue beside operators; everybody where it is unset.
        public var producers: Setting<Members>?
        /// Who may lease beside operators; everybody where it is unset.
        public var consumers: Setting<Members>?
        /// While this breaker is open, the queue's operations park.
        public var breaker: Setting<Name>?

        public init(queue: Name) { self.queue = queue }

        enum CodingKeys: String, CodingKey {
            case queue, rate, burst, policy, producers, consumers, breaker
            case maxSize = "max_size"
            case maxConcurrent = "max_concurrent"
            case leaseMs = "lease_ms"
            case poisonLosses = "poison_losses"
        }
    }
}

/// How a queue treats its operations; what is absent is not limited.
public struct QueueSettings: Codable, Hashable, Sendable {
    /// Live operations that it takes before it answers `queue_full`.
    public var maxSize: Int64
    public var leaseMs: Int64
    public var poisonLosses: Int64
    public var maxConcurrent: Int64?
    /// Leases a second, and how many may come at once after a rest.
    public var rate: Double?
    public var burst: Int64?
    public var policy: PolicyChoice?
    public var producers: Members?
    public var consumers: Members?
    public var breaker: Name?

    public init(maxSize: Int64, leaseMs: Int64, poisonLosses: Int64) {
        self.maxSize = maxSize
        self.leaseMs = leaseMs
        self.poisonLosses = poisonLosses
    }

    enum CodingKeys: String, CodingKey {
        case rate, burst, policy, producers, consumers, breaker
        case maxSize = "max_size"
        case leaseMs = "lease_ms"
        case poisonLosses = "poison_losses"
        case maxConcurrent = "max_concurrent"
    }
}
