extension Errors {
    /// Shows what of a text would be masked before it is stored. The text itself is neither stored nor logged.
    public struct Mask: Method {
        public static let name = "error.mask"
        public static let summary = "Answers a text as it would be stored: without its secrets."
        public static let role = Role.observer

        public var text: String

        public init(text: String) { self.text = text }

        public struct Answer: Codable, Hashable, Sendable {
            /// What would be stored.
            public var text: String
            /// What found something, by name; empty where nothing was masked.
            public var found: [Found]

            public init(text: String, found: [Found]) {
                self.text = text
                self.found = found
            }
        }

        /// What one detector found.
        public struct Found: Codable, Hashable, Sendable {
            /// `named`, `argument`, `authorization`, `cookie`, `url`, `private_key`, `token`, `password_hash`, `email`,
            /// `card`, or the name of an operator's own pattern.
            public var detector: String
            public var count: Int

            public init(detector: String, count: Int) {
                self.detector = detector
                self.count = count
            }
        }
    }
}
