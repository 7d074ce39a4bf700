extension Errors {
    /// What a report would be taken for, without keeping it.
    public struct Classify: Method {
        public static let name = "error.classify"
        public static let summary = "Answers what a report would be taken for, and why, without keeping it."
        public static let role = Role.observer

        /// As `error.report` takes it.
        public var error: Report

        public init(error: Report) { self.error = error }

        public struct Answer: Codable, Hashable, Sendable {
            public var category: Category
            public var severity: Severity
            public var strategy: Strategy
            /// As it would be for the first report of its kind.
            public var retry: RetryDecision
            public var userMessage: String
            public var guidance: [String]
            public var plan: String?
            /// The rule that decides.
            public var why: String
            /// The catalogue's entry that applies.
            public var code: String?
            /// What was found in the report that rules can look for, each as `name=value`.
            public var facts: [String]
            /// All rules that hold, the one that decides first.
            public var rules: [String]
            /// Members of the report that this daemon does not know.
            public var ignored: [String]?

            public init(
                category: Category, severity: Severity, strategy: Strategy, retry: RetryDecision, userMessage: String,
                guidance: [String], plan: String?, why: String, code: String?, facts: [String], rules: [String],
                ignored: [String]?
            ) {
                self.category = category
                self.severity = severity
                self.strategy = strategy
                self.retry = retry
                self.userMessage = userMessage
                self.guidance = guidance
                self.plan = plan
                self.why = why
                self.code = code
                self.facts = facts
                self.rules = rules
                self.ignored = ignored
            }

            enum CodingKeys: String, CodingKey {
                case category, severity, strategy, retry, guidance, plan, why, code, facts, rules, ignored
                case userMessage = "user_message"
            }
        }
    }
}
