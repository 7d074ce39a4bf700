extension Group {
    /// Keeps a problem quiet: it is counted and answered as ever, and no event tells of it.
    public struct Mute: Method {
        public static let name = "group.mute"
        public static let summary = "Keeps a problem quiet, until a point in time or so many more occurrences."
        public static let role = Role.operator
        public typealias Answer = GroupInfo

        public var group: Int64
        /// Until when; for good where neither this nor `occurrences` is given.
        public var untilAt: Timestamp?
        /// For how many more occurrences.
        public var occurrences: Int64?

        public init(group: Int64, untilAt: Timestamp? = nil, occurrences: Int64? = nil) {
            self.group = group
            self.untilAt = untilAt
            self.occurrences = occurrences
        }

        enum CodingKeys: String, CodingKey {
            case group, occurrences
            case untilAt = "until_at"
        }
    }
}
