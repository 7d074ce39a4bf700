extension System {
    /// Shows that the daemon reads and answers; nothing is written.
    public struct Ping: Method {
        public static let name = "system.ping"
        public static let summary = "Answers at once, with the daemon's wall time."
        public static let role = Role.observer

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            public var nowAt: Int64

            public init(nowAt: Int64) { self.nowAt = nowAt }

            enum CodingKeys: String, CodingKey { case nowAt = "now_at" }
        }
    }
}
