extension Group {
    /// Takes a group out of the one that it was merged into, by hand or by itself, with what was merged into it.
    public struct Split: Method {
        public static let name = "group.split"
        public static let summary = "Takes a group out of the one that it was merged into; group.merge takes it back."
        public static let role = Role.operator
        public typealias Answer = GroupInfo

        /// The group that was merged into another.
        public var group: Int64

        public init(group: Int64) { self.group = group }
    }
}
