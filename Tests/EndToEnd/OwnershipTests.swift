import Glibc
import Testing

@Suite(
    "What belongs to one user is not touched by another",
    .enabled(if: geteuid() == 0, "needs root, to speak as two users"),
    .enabled(if: Tool.isInstalled("setpriv") && Tool.isInstalled("socat"), "needs setpriv and socat"))
struct OwnershipTests {
    /// Two users who have no account: numbers suffice.
    private static let (alice, bob) = (61_001, 61_002)

    private func daemon(_ roles: String = "roles: {client: {users: ['61001', '61002'], groups: []}}") throws -> Daemon {
        let daemon = try Daemon(configuration: roles)
        chmod(daemon.place.path, 0o711)
        chmod(daemon.socket, 0o666)
        return daemon
    }

    /// Does calls as another user, on a connection of its own, and gives their answers.
    private func answers(_ daemon: Daemon, as uid: Int, _ calls: [(String, String)]) throws -> [JSON] {
        let lines = calls.enumerated().map { request($0.element.0, $0.element.1, id: "\($0.offset)") }
        try daemon.place.write(lines.joined(separator: "\n") + "\n", to: "input")
        let setpriv = try #require(Tool.path("setpriv"))
        let socat = try #require(Tool.path("socat"))
        let child = try Child(
            [
                setpriv, "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups", socat, "-t", "30", "-",
                "UNIX-CONNECT:\(daemon.socket)",
            ], input: daemon.place.file("input"))
        let end = try child.waitForEnd()
        #expect(end == .exited(0), "\(child.errorText)")
        return try child.outputText.split(separator: "\n").map { try JSON(String($0)) }
    }

    @Test("the daemon knows who calls, and in which role")
    func identity() throws {
        let daemon = try daemon()
        let hello = try answers(daemon, as: Self.alice, [("system.hello", "{}")])[0]["result"]
        #expect(hello["uid"] == 61_001)
        #expect(hello["role"] == "client")
        #expect(try daemon.connect().result("system.hello")["role"] == "operator")
    }

    @Test("a permit, a lease, an operation and a transaction of somebody else are refused")
    func othersThings() throws {
        let daemon = try daemon()
        let mine = try answers(
            daemon, as: Self.alice,
            [
                ("breaker.acquire", #"{"breaker":"b"}"#), ("queue.enqueue", #"{"queue":"q","payload":"secret"}"#),
                ("queue.lease", #"{"queues":["q"]}"#), ("transaction.begin", #"{"name":"t"}"#),
            ])
        let permit = mine[0]["result"]["permit"].int ?? 0
        let operation = mine[1]["result"]["operation"].int ?? 0
        let lease = mine[2]["result"]["operations"][0]["lease"].int ?? 0
        let transaction = mine[3]["result"]["transaction"].int ?? 0
        let end = #"{"operation":\#(operation),"lease":\#(lease)}"#
        let calls = [
            ("breaker.record", #"{"permit":\#(permit),"outcome":"success"}"#), ("queue.complete", end),
            ("queue.extend", end), ("queue.release", end),
            ("queue.fail", #"{"operation":\#(operation),"lease":\#(lease),"error":{"message":"m"}}"#),
            ("queue.cancel", #"{"operation":\#(operation)}"#),
            ("transaction.step", #"{"transaction":\#(transaction),"name":"s"}"#),
            ("transaction.commit", #"{"transaction":\#(transaction)}"#),
            ("transaction.rollback", #"{"transaction":\#(transaction)}"#),
        ]
        let theirs = try answers(daemon, as: Self.bob, calls)
        for (call, answer) in zip(calls, theirs) { #expect(answer.reason == "permission_denied", "\(call.0)") }
        #expect(theirs.count == calls.count)
        // The payload is for its owner; that there is an operation is for all.
        let seen = try answers(daemon, as: Self.bob, [("queue.get", #"{"operation":\#(operation)}"#)])[0]["result"]
        #expect(seen["state"] == "leased")
        #expect(seen["payload"] == nil)
        let own = try answers(daemon, as: Self.alice, [("queue.complete", end)])
        #expect(own[0]["result"]["state"] == "done")
    }

    @Test("the undo queue of a user is for that user alone")
    func undoQueue() throws {
        let daemon = try daemon()
        let theirs = try answers(
            daemon, as: Self.bob,
            [
                ("queue.enqueue", #"{"queue":"undo.61001","payload":1}"#),
                ("queue.lease", #"{"queues":["undo.61001"]}"#),
                ("queue.enqueue", #"{"queue":"undo.61002","payload":1}"#),
            ])
        #expect(theirs[0].reason == "permission_denied")
        #expect(theirs[1].reason == "permission_denied")
        #expect(theirs[2]["error"] == .null)
    }

    @Test("what repairs needs an operator, and what changes needs a client")
    func roles() throws {
        let daemon = try daemon("roles: {client: {users: ['61001'], groups: []}, observer: {users: ['61002']}}")
        let client = try answers(
            daemon, as: Self.alice,
            [
                ("queue.pause", #"{"queue":"q"}"#), ("breaker.force", #"{"breaker":"b","state":"disabled"}"#),
                ("breaker.acquire", #"{"breaker":"b"}"#),
            ])
        #expect(client[0].reason == "permission_denied")
        #expect(client[1].reason == "permission_denied")
        #expect(client[2]["result"]["granted"] == true)
        let observer = try answers(
            daemon, as: Self.bob, [("queue.enqueue", #"{"queue":"q","payload":1}"#), ("breaker.list", "{}")])
        #expect(observer.contains { $0.reason == "permission_denied" })
        #expect(observer.contains { $0["result"]["breakers"][0]["breaker"] == "b" })
    }

    @Test("who has no role is told so")
    func noRole() throws {
        let daemon = try daemon("roles: {client: {users: [], groups: []}}")
        let setpriv = try #require(Tool.path("setpriv"))
        let socat = try #require(Tool.path("socat"))
        let child = try Child([
            setpriv, "--reuid=\(Self.alice)", "--regid=\(Self.alice)", "--clear-groups", socat, "-u",
            "UNIX-CONNECT:\(daemon.socket)", "-",
        ])
        try child.waitForEnd()
        let refused = try child.outputText.split(separator: "\n").map { try JSON(String($0)) }
        #expect(refused.map(\.reason) == ["permission_denied"])
        #expect(refused.map { $0["id"] } == [nil])
    }

    @Test("who has no role and writes before he reads is told so, too")
    func noRoleWriting() throws {
        let daemon = try daemon("roles: {client: {users: [], groups: []}}")
        let calls = Array(repeating: ("queue.enqueue", #"{"queue":"q","payload":1}"#), count: 1000)
        #expect(try answers(daemon, as: Self.alice, calls).map(\.reason) == ["permission_denied"])
        #expect(try daemon.connect().result("queue.stats")["queues"].elements.isEmpty == true)
    }

    @Test("a supplementary group gives a role")
    func supplementaryGroup() throws {
        let daemon = try daemon("roles: {client: {groups: ['61100']}, operator: {groups: ['61200']}}")
        let groups: [([Int], JSON)] = [([61_050, 61_100], "client"), ([61_100, 61_200], "operator")]
        for (groups, role) in groups {
            #expect(try daemon.connect(as: Self.alice, groups: groups).result("system.hello")["role"] == role)
        }
    }
}
