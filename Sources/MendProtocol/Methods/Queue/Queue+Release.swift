extension Queue {
    /// Gives a leased operation back undone, without spending the attempt.
    public struct Release: Method {
        public static let name = "queue.release"
        public static let summary = "Gives a leased operation back undone, without spending the attempt."
        public static let role = Role.client
        public typealias Answer = StateAnswer

        public var operation: Int64
        public var lease: Int64

        public init(operation: Int64, lease: Int64) {
            self.operation = operation
            self.lease = lease
        }
    }
}
