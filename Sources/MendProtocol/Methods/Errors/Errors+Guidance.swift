extension Errors {
    /// What to do about a code, or about a stored error.
    public struct Guidance: Method {
        public static let name = "error.guidance"
        public static let summary = "Answers what to do about a code of the catalogue, or about a stored error."
        public static let role = Role.observer

        /// One of these two is needed.
        public var code: String?
        public var error: Int64?
        /// The language for `user_message`, such as `de-AT`; else that of the stored error, else English.
        public var locale: String?

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            public var error: Int64?
            /// The catalogue's entry; absent where only the category is known of an error.
            public var code: String?
            /// What the code means, for whoever looks into it.
            public var message: String?
            public var category: Category
            public var severity: Severity
            public var strategy: Strategy
            /// The rule that decided about the error.
            public var why: String?
            /// What an HTTP server answers its own caller for it.
            public var httpStatus: Int32?
            /// For whoever uses the program, with nothing of the report filled in.
            public var userMessage: String
            /// Steps for whoever looks into it.
            public var guidance: [String]
            /// The recovery plan that applies.
            public var plan: String?

            public init(category: Category, severity: Severity, strategy: Strategy) {
                self.category = category
                self.severity = severity
                self.strategy = strategy
                userMessage = ""
                guidance = []
            }

            enum CodingKeys: String, CodingKey {
                case error, code, message, category, severity, strategy, why, guidance, plan
                case httpStatus = "http_status"
                case userMessage = "user_message"
            }
        }
    }
}
