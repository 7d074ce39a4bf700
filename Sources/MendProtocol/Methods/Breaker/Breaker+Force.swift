extension Breaker {
    /// Holds a breaker open or takes it out of action, until `breaker.reset`.
    public struct Force: Method {
        public static let name = "breaker.force"
        public static let summary = "Holds a breaker open, or takes it out of action, until it is reset."
        public static let role = Role.operator
        public typealias Answer = BreakerInfo

        public enum ForcedState: String, WireEnum {
            /// Denies everything.
            case forcedOpen = "forced_open"
            /// Grants everything and counts nothing.
            case disabled
        }

        public var breaker: Name
        public var state: ForcedState

        public init(breaker: Name, state: ForcedState) {
            self.breaker = breaker
            self.state = state
        }
    }
}
