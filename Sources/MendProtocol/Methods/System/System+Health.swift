extension System {
    /// Whether the daemon can use its state, and if not, why and what to do.
    public struct Health: Method {
        public static let name = "system.health"
        public static let summary = "Answers whether the daemon can do its work, and what is wrong where it cannot."
        public static let role = Role.observer

        public init() {}

        public enum Status: String, WireEnum { case ok, degraded }

        public struct Answer: Codable, Hashable, Sendable {
            public var status: Status
            public var problems: [Problem]

            public init(status: Status, problems: [Problem]) {
                self.status = status
                self.problems = problems
            }
        }

        public struct Problem: Codable, Hashable, Sendable {
            public var message: String
            public var hint: String

            public init(message: String, hint: String) {
                self.message = message
                self.hint = hint
            }
        }
    }
}
