import MendWire

extension RPC {
    /// The OpenRPC document of the running daemon (https://spec.open-rpc.org/#service-discovery-method).
    public struct Discover: Method {
        public static let name = "rpc.discover"
        public static let summary = "Answers the OpenRPC document of the running daemon."
        public static let role = Role.observer
        /// The document itself, an object.
        public typealias Answer = RawJSON

        public init() {}
    }
}
