import Glibc
import LoadKit

/// PostgreSQL, with its defaults: every commit is synced.
enum PostgresPeer {
    private static let user = "postgres"

    /// Makes a cluster in the directory. The server refuses to run as root, and then belongs to Debian's user for it.
    static func plan(_ directory: String) throws -> Server.Plan {
        var asUser: [String] = []
        if geteuid() == 0 {
            guard let account = getpwnam(user)?.pointee else { throw LoadFailure("there is no user \(user)") }
            guard chown(directory, account.pw_uid, account.pw_gid) == 0, allowTraversal(to: directory) else {
                throw LoadFailure.system(directory)
            }
            asUser = ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
        }
        let programs = try programs()
        let log = "\(directory)/initdb.log"
        let data = "\(directory)/data"
        _ = try ChildProcess.output(
            asUser + ["\(programs)/initdb", "-D", data, "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C"], log: log
        )
        return Server.Plan(
            name: "postgres",
            arguments: asUser + ["\(programs)/postgres", "-D", data, "-k", directory, "-c", "listen_addresses="],
            socket: "\(directory)/.s.PGSQL.5432", greeting: String(decoding: startup, as: UTF8.self),
            welcome: "server_version", lastByte: UInt8(ascii: "I"))
    }

    /// Inserts a text in a transaction of its own, with a statement that was prepared once a connection.
    static func insert(_ texts: [String], connections: Int) -> PostgresInsert {
        PostgresInsert(texts, connections: connections)
    }

    /// Runs one statement and waits for its end.
    static func execute(_ sql: String, on server: Server, _ bench: Bench) throws {
        _ = try bench.place.withDirectory { directory in
            try ChildProcess.output(
                ["psql", "-q", "-h", folder(of: server), "-U", user, "-c", sql], log: "\(directory)/log")
        }
    }

    /// Has pgbench run one statement again and again; its transactions a second.
    static func pgbench(
        _ sql: String, connections: Int, units: Int, on server: Server, _ bench: Bench
    ) throws -> Double {
        let programs = try programs()
        return try bench.place.withDirectory { directory in
            let script = "\(directory)/script.sql"
            try Text.save(sql + ";\n", to: script)
            let printed = try ChildProcess.output(
                ["\(programs)/pgbench", "-h", folder(of: server), "-U", user, "-n", "-M", "simple"]
                    + ["-c", "\(connections)", "-j", "2", "-t", "\(units / connections)", "-f", script, user],
                log: "\(directory)/log")
            let line = printed.split(separator: "\n").first { $0.hasPrefix("tps = ") }
            guard let perSecond = line?.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else {
                throw LoadFailure("pgbench said: \(printed)")
            }
            Text.note("  pgbench: \(connections) × 1: \(Text.number(perSecond, decimals: 0))/s")
            return perSecond
        }
    }

    private static func folder(of server: Server) -> String {
        String(server.socket.prefix(upTo: server.socket.lastIndex(of: "/") ?? server.socket.startIndex))
    }

    static func version(_ bench: Bench) throws -> String {
        let program = try programs() + "/postgres"
        return try bench.place.withDirectory { try ChildProcess.output([program, "--version"], log: "\($0)/log") }
    }

    /// Debian keeps the server's programs out of PATH, a folder for each version.
    private static func programs() throws -> String {
        let versions = (9...30).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        guard let found = versions.first(where: { access("\($0)/postgres", X_OK) == 0 }) else {
            throw LoadFailure("PostgreSQL is not installed below /usr/lib/postgresql")
        }
        return found
    }

    private static func allowTraversal(to directory: String) -> Bool {
        guard let end = directory.lastIndex(of: "/") else { return false }
        return chmod(String(directory[..<end]), 0o711) == 0
    }

    /// The first message of a connection (PostgreSQL's documentation, "Message Formats").
    static let startup: [UInt8] = {
        let body = [0, 3, 0, 0] + Array("user\0\(user)\0database\0\(user)\0\0".utf8)
        return PostgresMessage.length(of: body) + body
    }()
}

/// Messages of the protocol's version 3.
enum PostgresMessage {
    static func make(_ kind: Unicode.Scalar, _ body: [UInt8]) -> [UInt8] {
        [UInt8(ascii: kind)] + length(of: body) + body
    }

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    static func number(_ value: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A length counts itself.
    static func length(of body: [UInt8]) -> [UInt8] { number(body.count + 4, bytes: 4) }
}

/// A connection's first request opens it, its second prepares the statement; each further one is an insert.
struct PostgresInsert: Conversation {
    static let table = "CREATE TABLE errors (id bigserial PRIMARY KEY, report text NOT NULL)"

    private let prepare: [UInt8]
    private let inserts: [[UInt8]]
    private var asked: [Int]
    private var heard: [Int]

    fileprivate init(_ texts: [String], connections: Int) {
        let sync = PostgresMessage.make("S", [])
        prepare =
            PostgresMessage.make(
                "P",
                PostgresMessage.text("i") + PostgresMessage.text("INSERT INTO errors (report) VALUES ($1)") + [0, 0])
            + sync
        inserts = texts.map { text in
            let value = Array(text.utf8)
            let bind =
                PostgresMessage.text("") + PostgresMessage.text("i") + [0, 0] + [0, 1]
                + PostgresMessage.number(value.count, bytes: 4) + value + [0, 0]
            return PostgresMessage.make("B", bind) + PostgresMessage.make("E", PostgresMessage.text("") + [0, 0, 0, 0])
                + sync
        }
        asked = Array(repeating: 0, count: connections)
        heard = asked
    }

    var longestRequest: Int { (inserts + [prepare, PostgresPeer.startup]).map(\.count).max() ?? 0 }

    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int {
        defer { asked[connection] += 1 }
        switch asked[connection] {
        case 0: return output.put(PostgresPeer.startup)
        case 1: return output.put(prepare)
        case let number: return output.put(inserts[(number + connection) % inserts.count])
        }
    }

    /// An answer ends with ReadyForQuery; an insert's has a CommandComplete before it.
    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing {
        var place = 0
        while place + 5 <= input.count {
            let end =
                place + 1 + Int(UInt32(bigEndian: input.loadUnaligned(fromByteOffset: place + 1, as: UInt32.self)))
            guard end <= input.count else { return .incomplete }
            if input[place] == UInt8(ascii: "E") { return .bad }
            if input[place] == UInt8(ascii: "Z") {
                heard[connection] += 1
                let isInsert = heard[connection] > 2
                let answer = UnsafeRawBufferPointer(rebasing: input[..<end])
                if isInsert, !answer.contains("INSERT 0 1") { return .bad }
                return .good(length: end, endsUnit: isInsert)
            }
            place = end
        }
        return .incomplete
    }
}
