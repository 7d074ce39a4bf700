import MendEngine
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
    /// The highest role that a listening socket gives, by its systemd name; one that is not named here gives any.
    package var sockets: [String: Role] = [:]

    /// Root and the daemon's own user are always operators.
    package init(
        ownUID: UInt32, operators: Members = Members(), clients: Members = Members(), observers: Members = Members()
    ) {
        self.operators = operators
        self.operators.users.formUnion([0, ownUID])
        self.clients = clients
        self.observers = observers
    }

    /// Who does not come as himself through a socket that must not give his role: the kernel's user for whoever has no
    /// number of his own.
    static let nobody: UInt32 = 65534

    /// As whom a peer calls that has come through a socket of this name; nothing where it has no role.
    ///
    /// Where its role is more than the socket gives, it is not believed to be that user either: through a socket that is
    /// mounted into containers, their root would act on what belongs to the host's.
    func caller(for peer: Peer, through socket: String?) -> Caller? {
        guard let role = role(of: peer) else { return nil }
        var caller = peer.caller(role: role)
        if let highest = socket.flatMap({ sockets[$0] }), role > highest {
            caller.role = highest
            caller.uid = Self.nobody
            caller.groups = []
        }
        return caller
    }

    /// What somebody without a role can do who has come through a socket of this name.
    func hint(through socket: String?) -> String {
        // The file of a socket that gives no more than a role is open to all, and belongs to no group of clients.
        socket.flatMap { sockets[$0] } == nil
            ? "become a member of the socket's group"
            : "what counts is the host's user of that number: an administrator gives it a role in mend.yaml, under roles"
    }

    /// The highest role that a peer has; nothing where it has none.
    func role(of peer: Peer) -> Role? {
        if operators.contain(peer) { return .operator }
        if clients.contain(peer) { return .client }
        if observers.contain(peer) { return .observer }
        return nil
    }
}
