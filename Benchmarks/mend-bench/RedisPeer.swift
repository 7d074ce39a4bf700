import LoadKit

/// Redis: a list that every push makes durable, and a breaker in Lua.
enum RedisPeer {
    /// - Parameter durable: whether every write is synced before it is answered, or nothing is kept on disk at all.
    static func plan(durable: Bool) -> (String) -> Server.Plan {
        { directory in
            Server.Plan(
                name: "redis-server",
                arguments: ["redis-server", "--port", "0", "--unixsocket", "\(directory)/s", "--dir", directory]
                    + ["--save", "", "--appendonly", durable ? "yes" : "no", "--appendfsync", "always"],
                socket: "\(directory)/s", greeting: "PING\r\n", welcome: "+PONG")
        }
    }

    static func push() -> OneRequest {
        OneRequest(command(["LPUSH", "bench", Payload.text])) { $0.starts(with: ":") }
    }

    /// Two scripts that do the least a breaker must: look at the state and count a permit; note a success.
    static func breaker(_ server: Server) throws -> TwoRequests {
        let acquire = try load(
            "if redis.call('HGET', KEYS[1], 'state') == 'open' then return -1 end "
                + "return redis.call('HINCRBY', KEYS[1], 'permits', 1)", server)
        let record = try load(
            "if ARGV[1] == 'success' then redis.call('HSET', KEYS[1], 'failures', 0) "
                + "else redis.call('HINCRBY', KEYS[1], 'failures', 1) end return 1", server)
        return TwoRequests(
            connections: 1, first: command(["EVALSHA", acquire, "1", "billing"]),
            second: [command(["EVALSHA", record, "1", "billing", "success"])],
            numbers: { answer in answer.integer(after: ":").map { ($0, 0) } },
            isGood: { $0.starts(with: ":1\r\n") })
    }

    /// Stores a script in the server and answers its SHA-1.
    private static func load(_ script: String, _ server: Server) throws -> String {
        let answer = try server.ask(command(["SCRIPT", "LOAD", script]))
        let parts = answer.split(separator: "\r\n")
        guard parts.count == 2, parts[0] == "$40" else { throw LoadFailure("script refused: \(answer)") }
        return String(parts[1])
    }

    /// A command in RESP.
    private static func command(_ words: [String]) -> String {
        words.reduce("*\(words.count)\r\n") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" }
    }
}
