extension Group {
    /// Why two reports are in one group, or are not.
    public struct Explain: Method {
        public static let name = "group.explain"
        public static let summary = "Says why two reports met in one group, or why they did not."
        public static let role = Role.observer

        /// A report.
        public var error: Int64
        /// Another one.
        public var other: Int64

        public init(error: Int64, other: Int64) {
            self.error = error
            self.other = other
        }

        public struct Answer: Codable, Hashable, Sendable {
            /// Whether they are in one group.
            public var met: Bool
            public var group: Int64
            /// The group of the other one.
            public var otherGroup: Int64
            /// Sentences for people, what decided first.
            public var why: [String]

            public init(met: Bool, group: Int64, otherGroup: Int64, why: [String]) {
                self.met = met
                self.group = group
                self.otherGroup = otherGroup
                self.why = why
            }

            enum CodingKeys: String, CodingKey {
                case met, group, why
                case otherGroup = "other_group"
            }
        }
    }
}
