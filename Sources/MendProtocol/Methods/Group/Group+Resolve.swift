extension Group {
    /// Says that a problem is solved: when it comes back, it is told of as a regression.
    public struct Resolve: Method {
        public static let name = "group.resolve"
        public static let summary = "Says that a problem is solved; if it comes back, it is a regression."
        public static let role = Role.operator
        public typealias Answer = GroupInfo

        public var group: Int64

        public init(group: Int64) { self.group = group }
    }
}
