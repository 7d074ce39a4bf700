import MendWire

extension Queue {
    /// Says that a leased operation is done.
    public struct Complete: Method {
        public static let name = "queue.complete"
        public static let summary = "Says that a leased operation is done."
        public static let role = Role.client
        public typealias Answer = StateAnswer

        public var operation: Int64
        public var lease: Int64
        /// Any JSON, kept beside the operation.
        public var result: RawJSON?

        public init(operation: Int64, lease: Int64, result: RawJSON? = nil) {
            self.operation = operation
            self.lease = lease
            self.result = result
        }
    }

    /// Where the operation is now.
    public struct StateAnswer: Codable, Hashable, Sendable {
        public var state: OperationState

        public init(state: OperationState) { self.state = state }
    }
}
