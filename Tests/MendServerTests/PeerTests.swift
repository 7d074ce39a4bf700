import Glibc
import MendEngine
import MendProtocol
import Testing

@testable import MendServer

@Suite("Who is at the other end")
struct PeerTests {
    @Test("the kernel tells user, group and process of the other end")
    func ownSocket() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let peer = try #require(Peer(of: ends[0]))
        #expect(peer.uid == getuid())
        #expect(peer.gid == getgid())
        #expect(peer.pid == getpid())
    }

    @Test(
        "the unit is the last part of the cgroup that is named like one",
        arguments: [
            ("0::/system.slice/nginx.service\n", "nginx.service"),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u1.scope\n", "run-u1.scope"),
            ("12:pids:/\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"),
            ("0::/system.slice/report@a:b@c.service\n", "report@a:b@c.service"),
            ("0::/\n", nil), ("", nil),
        ])
    func unit(cgroup: String, unit: String?) {
        #expect(Peer.unit(inCgroup: cgroup) == unit)
    }
}

@Suite("Roles")
struct RoleMapTests {
    private func peer(uid: UInt32, gid: UInt32 = 100, groups: [UInt32] = []) -> Peer {
        Peer(uid: uid, gid: gid, pid: 1, groups: groups)
    }

    private let map = RoleMap(
        ownUID: 900, operators: RoleMap.Members(groups: [10]), clients: RoleMap.Members(users: [7], groups: [20]),
        observers: RoleMap.Members(users: [7, 8]))

    @Test("root and the daemon's own user are operators")
    func always() {
        #expect(map.role(of: peer(uid: 0)) == .operator)
        #expect(map.role(of: peer(uid: 900)) == .operator)
    }

    @Test("a group counts whether it is the main one or a supplementary one")
    func groups() {
        #expect(map.role(of: peer(uid: 5, gid: 10)) == .operator)
        #expect(map.role(of: peer(uid: 5, groups: [3, 20])) == .client)
    }

    @Test("the highest role counts, and who has none gets none")
    func highest() {
        #expect(map.role(of: peer(uid: 7)) == .client)
        #expect(map.role(of: peer(uid: 8)) == .observer)
        #expect(map.role(of: peer(uid: 9)) == nil)
    }

    @Test("through a socket that gives less, nobody is more, and who would be is not believed to be that user")
    func sockets() throws {
        var map = map
        map.sockets = ["guest": .client, "window": .observer]
        let root = try #require(map.caller(for: peer(uid: 0), through: "guest"))
        #expect(root.role == .client)
        #expect(root.uid == 65534)
        #expect(root.groups.isEmpty)
        let client = try #require(map.caller(for: peer(uid: 7), through: "guest"))
        #expect(client.role == .client)
        #expect(client.uid == 7)
        #expect(map.caller(for: peer(uid: 7), through: "window")?.role == .observer)
        #expect(map.caller(for: peer(uid: 8), through: "guest")?.role == .observer)
        #expect(map.caller(for: peer(uid: 9), through: "guest") == nil)
        for other in ["mend.socket", nil] {
            let root = try #require(map.caller(for: peer(uid: 0), through: other))
            #expect(root.role == .operator)
            #expect(root.uid == 0)
        }
        #expect(map.hint(through: "mend.socket").contains("group"))
        #expect(map.hint(through: nil).contains("group"))
        #expect(map.hint(through: "guest").contains("mend.yaml"))
        #expect(!map.hint(through: "guest").contains("group"))
    }
}

@Suite("Limits on connections")
struct ConnectionCountTests {
    @Test("one user reaches its limit, another does not, and a closed connection makes room")
    func perUser() throws {
        var limits = MendProtocol.System.Hello.Limits()
        limits.connections = 3
        limits.connectionsPerUser = 2
        let count = ConnectionCount(limits: limits)
        try count.add(client(1))
        try count.add(client(1))
        #expect(throws: CallError.self) { try count.add(client(1)) }
        try count.add(client(2))
        #expect(throws: CallError.self) { try count.add(client(3)) }
        count.remove(1)
        try count.add(client(3))
        #expect(count.all == 3)
    }

    @Test("the last connections are kept for operators, who find out who has the others")
    func operators() throws {
        var limits = MendProtocol.System.Hello.Limits()
        limits.connections = 16
        let count = ConnectionCount(limits: limits)
        for uid in 1...14 { try count.add(client(UInt32(uid))) }
        #expect(throws: CallError.self) { try count.add(client(15)) }
        try count.add(Caller(uid: 0, pid: 1, role: .operator))
        try count.add(Caller(uid: 0, pid: 1, role: .operator))
        #expect(throws: CallError.self) { try count.add(Caller(uid: 0, pid: 1, role: .operator)) }
    }

    private func client(_ uid: UInt32) -> Caller { Caller(uid: uid, pid: 1, role: .client) }
}
