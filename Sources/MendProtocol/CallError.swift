import MendWire

/// A call that failed: what the daemon answers in place of a result.
public struct CallError: Error, Hashable, Sendable {
    public var reason: Reason
    /// For people: what happened, and what was kept.
    public var message: String
    /// The parameter that is at fault, by its path, such as `retry.base_ms`.
    public var field: String?
    /// What to do next.
    public var hint: String?
    /// When the same call is worth trying again.
    public var retryAfterMs: Int64?

    public init(
        _ reason: Reason, _ message: String, field: String? = nil, hint: String? = nil, retryAfterMs: Int64? = nil
    ) {
        self.reason = reason
        self.message = message
        self.field = field
        self.hint = hint
        self.retryAfterMs = retryAfterMs
    }

    /// The `data` member of the answer.
    public struct Details: Codable, Hashable, Sendable {
        public var reason: Reason
        public var retryable: Bool
        public var retryAfterMs: Int64?
        public var field: String?
        public var hint: String?

        enum CodingKeys: String, CodingKey {
            case reason, retryable, field, hint
            case retryAfterMs = "retry_after_ms"
        }
    }

    public var details: Details {
        Details(
            reason: reason, retryable: reason.isRetryable, retryAfterMs: retryAfterMs, field: field, hint: hint)
    }
}
