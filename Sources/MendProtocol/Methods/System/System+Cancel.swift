import MendWire

extension System {
    /// Ends the wait of an earlier call of this connection.
    public struct Cancel: Method {
        public static let name = "system.cancel"
        public static let summary = "Ends the wait of an earlier call of this connection."
        public static let role = Role.observer

        /// The `id` of the call that waits, spelt as it was sent.
        public var id: RequestID

        public init(id: RequestID) { self.id = id }

        public struct Answer: Codable, Hashable, Sendable {
            /// Whether a call waited; it has been answered `cancelled`.
            public var cancelled: Bool

            public init(cancelled: Bool) { self.cancelled = cancelled }
        }
    }
}

extension RequestID: WireScalar {
    public static let schema = Schema.oneOf([.string(), .number(), .null])
    public static let sample = RequestID(1)
}
