extension Queue {
    /// Keeps a lease for longer.
    public struct Extend: Method {
        public static let name = "queue.extend"
        public static let summary = "Keeps a lease for longer."
        public static let role = Role.client

        public var operation: Int64
        public var lease: Int64
        /// Counted from now; as long as the lease was taken for where it is left out.
        public var leaseMs: PositiveMilliseconds?

        public init(operation: Int64, lease: Int64, leaseMs: PositiveMilliseconds? = nil) {
            self.operation = operation
            self.lease = lease
            self.leaseMs = leaseMs
        }

        enum CodingKeys: String, CodingKey {
            case operation, lease
            case leaseMs = "lease_ms"
        }

        public struct Answer: Codable, Hashable, Sendable {
            public var leaseUntilAt: Int64

            public init(leaseUntilAt: Int64) { self.leaseUntilAt = leaseUntilAt }

            enum CodingKeys: String, CodingKey { case leaseUntilAt = "lease_until_at" }
        }
    }
}
