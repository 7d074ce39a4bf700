extension Errors {
    /// The codes that are known, in alphabetical order.
    public struct Catalog: Method {
        public static let name = "error.catalog"
        public static let summary = "Answers the known codes with what they mean, in alphabetical order, page by page."
        public static let role = Role.observer

        /// Only codes that begin with it, such as `container.`.
        public var prefix: String?
        /// The language for `user_message`, such as `de-AT`: its nearest that there is, else English.
        public var locale: String?
        public var limit: PageSize?
        /// The last answer's `next`.
        public var after: String?

        public init() {}

        public struct Answer: Codable, Hashable, Sendable {
            public var codes: [CatalogCode]
            /// Where the next page begins; absent at the end.
            public var next: String?

            public init(codes: [CatalogCode], next: String?) {
                self.codes = codes
                self.next = next
            }
        }
    }
}

/// What is known of a code.
public struct CatalogCode: Codable, Hashable, Sendable {
    public var code: String
    /// What it means, for whoever looks into it.
    public var message: String
    public var category: Category
    public var severity: Severity
    public var strategy: Strategy
    /// What an HTTP server answers its own caller for it.
    public var httpStatus: Int32?
    /// For whoever uses the program, with nothing of a report filled in.
    public var userMessage: String
    /// Steps for whoever looks into it.
    public var guidance: [String]
    /// The recovery plan that applies.
    public var plan: String?

    public init(
        code: String, message: String, category: Category, severity: Severity, strategy: Strategy, httpStatus: Int32?,
        userMessage: String, guidance: [String], plan: String?
    ) {
        self.code = code
        self.message = message
        self.category = category
        self.severity = severity
        self.strategy = strategy
        self.httpStatus = httpStatus
        self.userMessage = userMessage
        self.guidance = guidance
        self.plan = plan
    }

    enum CodingKeys: String, CodingKey {
        case code, message, category, severity, strategy, guidance, plan
        case httpStatus = "http_status"
        case userMessage = "user_message"
    }
}
