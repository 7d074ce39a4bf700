import MendWire

/// What any call may carry beside its parameters, as the member `_meta` of `params`.
public struct Meta: Codable, Hashable, Sendable {
    /// A task, flow or run id: what belongs together.
    public var correlation: Name?
    /// W3C trace context, handed on to whoever leases the operation.
    public var traceparent: TraceParent?
    /// Makes a call that changes something safe to send again: for a day, the same key of the same user and method
    /// answers what it answered first, and nothing is done twice.
    public var idempotencyKey: IdempotencyKey?
    /// How long the caller waits, from when the daemon has read the call; one that could not be begun by then is refused.
    public var deadlineMs: PositiveMilliseconds?
    /// Whether the call is only checked: it answers what it would have answered, and changes nothing.
    public var dryRun: Bool?

    public init(
        correlation: Name? = nil, traceparent: TraceParent? = nil, idempotencyKey: IdempotencyKey? = nil,
        deadlineMs: PositiveMilliseconds? = nil, dryRun: Bool? = nil
    ) {
        self.correlation = correlation
        self.traceparent = traceparent
        self.idempotencyKey = idempotencyKey
        self.deadlineMs = deadlineMs
        self.dryRun = dryRun
    }

    enum CodingKeys: String, CodingKey {
        case correlation, traceparent
        case idempotencyKey = "idempotency_key"
        case deadlineMs = "deadline_ms"
        case dryRun = "dry_run"
    }

    /// The member of `params` that carries it.
    public static let member = "_meta"
}

/// What tells a call that is sent again from another one: 1 to 256 bytes without control characters.
public struct IdempotencyKey: WireScalar {
    public let text: String

    public static let maxBytes = 256

    public init?(_ text: String) {
        guard (1...Self.maxBytes).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        self.text = text
    }

    public init(from decoder: any Decoder) throws {
        guard let key = IdempotencyKey(try decoder.singleValueContainer().decode(String.self)) else {
            throw InvalidValue("must be 1 to \(Self.maxBytes) bytes without control characters")
        }
        self = key
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static let schema = Schema.string(maxLength: maxBytes, description: "a key of the caller's own choice")
    public static let sample = IdempotencyKey(unchecked: "sample")

    private init(unchecked text: String) { self.text = text }
}
