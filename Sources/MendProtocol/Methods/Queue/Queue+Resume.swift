extension Queue {
    /// Lets a paused queue hand out operations again.
    public struct Resume: Method {
        public static let name = "queue.resume"
        public static let summary = "Lets a paused queue hand out operations again."
        public static let role = Role.operator
        public typealias Answer = PausedAnswer

        public var queue: Name

        public init(queue: Name) { self.queue = queue }
    }
}
