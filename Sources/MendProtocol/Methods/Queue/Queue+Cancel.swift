extension Queue {
    /// Ends an operation that need not happen any more. A worker that holds it finds its lease lost.
    public struct Cancel: Method {
        public static let name = "queue.cancel"
        public static let summary = "Ends an operation that need not happen any more."
        public static let role = Role.client
        public typealias Answer = StateAnswer

        public var operation: Int64

        public init(operation: Int64) { self.operation = operation }
    }
}
