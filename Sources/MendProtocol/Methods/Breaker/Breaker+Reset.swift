extension Breaker {
    /// Closes a breaker and forgets its counts; its settings stay.
    public struct Reset: Method {
        public static let name = "breaker.reset"
        public static let summary = "Closes a breaker, forced or not, and forgets its counts; its settings stay."
        public static let role = Role.operator
        public typealias Answer = BreakerInfo

        public var breaker: Name

        public init(breaker: Name) { self.breaker = breaker }
    }
}
