extension Group {
    /// Says that groups are one problem.
    public struct Merge: Method {
        public static let name = "group.merge"
        public static let summary =
            "Says that groups are one problem: they are counted as one. group.split takes it back."
        public static let role = Role.operator
        public typealias Answer = GroupInfo

        /// The group that the others are counted to from here.
        public var group: Int64
        /// The others, at most 100.
        public var groups: [Int64]

        public init(group: Int64, groups: [Int64]) {
            self.group = group
            self.groups = groups
        }
    }
}
