extension Breaker {
    /// Forgets a breaker with its state, counts and settings; or the settings that a pattern gave.
    public struct Delete: Method {
        public static let name = "breaker.delete"
        public static let summary = "Forgets a breaker, or the settings that a pattern gave to breakers."
        public static let role = Role.operator

        /// One breaker; or
        public var breaker: Name?
        /// what was said of all breakers with such names.
        public var pattern: NamePattern?

        public init(breaker: Name) { self.breaker = breaker }
        public init(pattern: NamePattern) { self.pattern = pattern }

        public struct Answer: Codable, Hashable, Sendable {
            /// Permits of the breaker that were out: they are abandoned.
            public var abandoned: Int64

            public init(abandoned: Int64) { self.abandoned = abandoned }
        }
    }
}
