import MendWire

/// When to try again, and how often.
public struct RetryPolicy: Codable, Hashable, Sendable {
    public enum Shape: String, WireEnum {
        /// Always `base_ms`.
        case fixed
        /// `base_ms` times the attempt.
        case linear
        /// `base_ms` times `multiplier` to the power of the attempts so far.
        case exponential
        /// Anything between `base_ms` and `max_delay_ms`.
        case random
    }

    /// How a delay is spread, so that those who failed together do not come back together.
    public enum Jitter: String, WireEnum {
        case none
        /// Anything between nothing and the delay.
        case full
        /// Half of the delay, plus anything up to the other half.
        case equal
        /// Anything between `base_ms` and three times the last delay.
        case decorrelated
    }

    public var strategy: Shape?
    public var baseMs: PositiveMilliseconds?
    public var multiplier: Double?
    public var maxDelayMs: PositiveMilliseconds?
    public var jitter: Jitter?
    public var maxAttempts: Attempts?
    public var maxElapsedMs: PositiveMilliseconds?

    public init(
        strategy: Shape? = nil, baseMs: PositiveMilliseconds? = nil, multiplier: Double? = nil,
        maxDelayMs: PositiveMilliseconds? = nil, jitter: Jitter? = nil, maxAttempts: Attempts? = nil,
        maxElapsedMs: PositiveMilliseconds? = nil
    ) {
        self.strategy = strategy
        self.baseMs = baseMs
        self.multiplier = multiplier
        self.maxDelayMs = maxDelayMs
        self.jitter = jitter
        self.maxAttempts = maxAttempts
        self.maxElapsedMs = maxElapsedMs
    }

    enum CodingKeys: String, CodingKey {
        case strategy, multiplier, jitter
        case baseMs = "base_ms"
        case maxDelayMs = "max_delay_ms"
        case maxAttempts = "max_attempts"
        case maxElapsedMs = "max_elapsed_ms"
    }
}

/// A policy by its name, or written out.
public enum PolicyChoice: WireScalar {
    case named(Name)
    case inline(RetryPolicy)

    /// The names that a daemon knows.
    package static let shippedNames = ["quick", "standard", "patient", "network", "docker"]

    public init(from decoder: any Decoder) throws {
        if (try? decoder.singleValueContainer().decode(String.self)) != nil {
            self = .named(try Name(from: decoder))
        } else {
            self = .inline(try RetryPolicy(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .named(let name): try name.encode(to: encoder)
        case .inline(let policy): try policy.encode(to: encoder)
        }
    }

    public static var schema: Schema { .oneOf([Name.schema, Schema.of(RetryPolicy.self)]) }
    public static let sample = PolicyChoice.named(Name(unchecked: "standard"))
}
