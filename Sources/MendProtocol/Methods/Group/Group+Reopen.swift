extension Group {
    /// Takes back that a problem was resolved or muted.
    public struct Reopen: Method {
        public static let name = "group.reopen"
        public static let summary = "Takes back that a problem was resolved or muted."
        public static let role = Role.operator
        public typealias Answer = GroupInfo

        public var group: Int64

        public init(group: Int64) { self.group = group }
    }
}
