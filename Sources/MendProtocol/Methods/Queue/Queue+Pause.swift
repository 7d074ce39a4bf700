extension Queue {
    /// Stops a queue from handing out operations; it still takes them.
    public struct Pause: Method {
        public static let name = "queue.pause"
        public static let summary = "Stops a queue from handing out operations; it still takes them."
        public static let role = Role.operator
        public typealias Answer = PausedAnswer

        public var queue: Name

        public init(queue: Name) { self.queue = queue }
    }

    public struct PausedAnswer: Codable, Hashable, Sendable {
        public var queue: Name
        public var paused: Bool

        public init(queue: Name, paused: Bool) {
            self.queue = queue
            self.paused = paused
        }
    }
}
