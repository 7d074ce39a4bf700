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
            /// What keeps the daemon from nothing, and is to be known all the same; absent where there is nothing.
            public var notices: [Notice]?

            public init(status: Status, problems: [Problem], notices: [Notice]? = nil) {
                self.status = status
                self.problems = problems
                self.notices = notices
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

        /// That the last reload failed, or that keys wait for a restart.
        public struct Notice: Codable, Hashable, Sendable {
            /// Since when, in Unix milliseconds.
            public var at: Int64
            public var message: String
            public var hint: String

            public init(at: Int64, message: String, hint: String) {
                self.at = at
                self.message = message
                self.hint = hint
            }
        }
    }
}
