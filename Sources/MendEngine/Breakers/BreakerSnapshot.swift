import GRDB
import MendProtocol
import MendWire

/// What of a breaker survives a restart. Counts do not, and permits neither.
package struct BreakerSnapshot: Hashable, Sendable {
    package let breaker: Name
    let state: BreakerState
    /// When it came into this state, by the wall clock and in elapsed milliseconds.
    let since: Int64
    let sinceElapsed: Int64
    /// Of an open one: when the next call is let through to try. Elapsed milliseconds.
    let retryAtElapsed: Int64?
    let recoveryTimeoutMs: Int64
    /// How often it has opened since it was last healthy.
    let openings: Int64
    /// Why it is open.
    let cause: String?
    /// What of its settings was said of it by name.
    let said: Breaker.Configure
    /// Who was the first to use it.
    let uid: UInt32?

    /// Whether its row says no more than no row would.
    func isAtRest(at now: Moment) -> Bool {
        state == .closed && said == Breaker.Configure(breaker: breaker)
            && Self.isHealthy(
                openings: openings, closedAt: sinceElapsed, recoveryTimeoutMs: recoveryTimeoutMs, now: now)
    }

    static func isHealthy(openings: Int64, closedAt: Int64, recoveryTimeoutMs: Int64, now: Moment) -> Bool {
        openings == 0 || now.elapsedMs - closedAt >= 2 * recoveryTimeoutMs
    }
}

extension BreakerSnapshot: Codable {
    enum CodingKeys: String, CodingKey {
        case state, since, openings, cause, settings, uid
        case sinceElapsed = "since_elapsed"
        case retryAtElapsed = "retry_at_elapsed"
        case recoveryTimeoutMs = "recovery_timeout_ms"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        said = try container.decode(Breaker.Configure.self, forKey: .settings)
        guard let name = said.breaker else { throw InvalidValue("names no breaker") }
        breaker = name
        uid = try container.decodeIfPresent(UInt32.self, forKey: .uid)
        state = try container.decode(BreakerState.self, forKey: .state)
        since = try container.decode(Int64.self, forKey: .since)
        sinceElapsed = try container.decode(Int64.self, forKey: .sinceElapsed)
        retryAtElapsed = try container.decodeIfPresent(Int64.self, forKey: .retryAtElapsed)
        recoveryTimeoutMs = try container.decode(Int64.self, forKey: .recoveryTimeoutMs)
        openings = try container.decode(Int64.self, forKey: .openings)
        cause = try container.decodeIfPresent(String.self, forKey: .cause)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(state, forKey: .state)
        try container.encode(since, forKey: .since)
        try container.encode(sinceElapsed, forKey: .sinceElapsed)
        try container.encodeIfPresent(retryAtElapsed, forKey: .retryAtElapsed)
        try container.encode(recoveryTimeoutMs, forKey: .recoveryTimeoutMs)
        try container.encode(openings, forKey: .openings)
        try container.encodeIfPresent(cause, forKey: .cause)
        try container.encode(said, forKey: .settings)
        try container.encodeIfPresent(uid, forKey: .uid)
    }
}

extension BreakerSnapshot {
    /// All rows, in the order of their names. Members that a newer version wrote are passed over.
    static func fetchAll(_ db: Database) throws -> [BreakerSnapshot] {
        let texts = try String.fetchAll(db, sql: "SELECT snapshot FROM breakers ORDER BY name")
        return try texts.map { text in
            try WireDecoder.decode(Self.self, from: JSONDocument(parsing: text).root, unknownMembers: .ignore)
        }
    }

    /// Writes its row, or removes it where it would say nothing.
    func save(_ db: Database, at now: Moment) throws {
        if isAtRest(at: now) {
            try db.cachedStatement(sql: "DELETE FROM breakers WHERE name = ?").execute(arguments: [breaker.text])
        } else {
            try db.cachedStatement(
                sql: """
                    INSERT INTO breakers (name, snapshot) VALUES (?, ?)
                    ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot
                    """
            ).execute(arguments: [breaker.text, try WireEncoder.text(of: self)])
        }
    }
}
