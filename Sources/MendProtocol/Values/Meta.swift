/// What any call may carry beside its parameters, as the member `_meta` of `params`.
public struct Meta: Codable, Hashable, Sendable {
    /// A task, flow or run id: what belongs together.
    public var correlation: Name?
    /// W3C trace context, handed on to whoever leases the operation.
    public var traceparent: TraceParent?

    public init(correlation: Name? = nil, traceparent: TraceParent? = nil) {
        self.correlation = correlation
        self.traceparent = traceparent
    }

    /// The member of `params` that carries it.
    public static let member = "_meta"
}
