extension Events {
    /// Ends a subscription of this connection.
    public struct Unfollow: Method {
        public static let name = "events.unfollow"
        public static let summary = "Ends a subscription of this connection."
        public static let role = Role.observer

        public var follow: Int64

        public init(follow: Int64) { self.follow = follow }

        public struct Answer: Codable, Hashable, Sendable {
            /// The last event that the subscription has looked at: where another one goes on.
            public var after: Int64

            public init(after: Int64) { self.after = after }
        }
    }
}
