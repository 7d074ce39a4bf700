import MendProtocol

/// Which users and groups have which role.
package struct RoleMap: Sendable {
    package struct Members: Sendable {
        package var users: Set<UInt32>
        package var groups: Set<UInt32>

        package init(users: Set<UInt32> = [], groups: Set<UInt32> = []) {
            self.users = users
            self.groups = groups
        }

        func contain(_ peer: Peer) -> Bool {
            users.contains(peer.uid) || groups.contains { peer.isIn($0) }
        }
    }

    package var operators: Members
    package var clients: Members
    package var observers: Members

    /// Root and the daemon's own user are always operators.
    package init(
        ownUID: UInt32, operators: Members = Members(), clients: Members = Members(), observers: Members = Members()
    ) {
        self.operators = operators
        self.operators.users.formUnion([0, ownUID])
        self.clients = clients
        self.observers = observers
    }

    /// The highest role that a peer has; nothing where it has none.
    func role(of peer: Peer) -> Role? {
        if operators.contain(peer) { return .operator }
        if clients.contain(peer) { return .client }
        if observers.contain(peer) { return .observer }
        return nil
    }
}
