import GRDB
import MendProtocol

extension Engine {
    /// How long owners have after a restart of the daemon to present their tokens again.
    static let graceMs: Int64 = 30_000

    /// Processes that something is tied to: after a restart the server watches them again.
    package var heldProcesses: [ProcessIdentity] { holds.processes }

    /// Finds what was leased or tied to somebody when the last run ended.
    ///
    /// - Parameter hostRestarted: whether all owners ended with the host: then nobody is waited for.
    func loadHolds(_ db: Database, now: Moment, hostRestarted: Bool) throws {
        graceUntilMs = hostRestarted ? now.elapsedMs : now.elapsedMs + Self.graceMs
        lastLeaseAtStart = counters.lease
        let processes = try Self.processes(db)
        func load(_ held: HoldTable.Held, _ owner: Int64?) {
            if !hostRestarted, let owner, let process = processes[owner] {
                holds.insert(held, .process(process))
            } else {
                holds.orphan(held)
            }
        }
        // Leases by time alone outlive the daemon, but not the host.
        let leases = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, lease, owner FROM operations INDEXED BY operations_leased
                WHERE state = 4 AND (owner IS NOT NULL OR ?)
                """,
            arguments: [hostRestarted])
        while let row = try leases.next() { load(.lease(operation: row[0], lease: row[1]), row[2]) }
        let transactions = try Row.fetchCursor(
            db, sql: "SELECT id, owner FROM transactions WHERE owner IS NOT NULL AND state = 'active'")
        while let row = try transactions.next() { load(.transaction(row[0]), row[1]) }
    }

    private static func processes(_ db: Database) throws -> [Int64: ProcessIdentity] {
        let rows = try Row.fetchAll(db, sql: "SELECT id, pid, uid, start_ticks, boot_id FROM owners")
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    row[0] as Int64,
                    ProcessIdentity(pid: row[1], uid: row[2], startTicks: row[3], bootID: row[4])
                )
            })
    }
}

/// Ends what is tied to an owner that has ended.
struct EndOwner: WriterBody {
    struct Answer: Encodable, Sendable {}

    let owner: Owner

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        try call.scope.end(owner)
        return Answer()
    }
}

/// Does nothing: its answer comes after those of all calls before it.
struct Barrier: WriterBody {
    struct Answer: Encodable, Sendable {}

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? { Answer() }
}

extension WriterCall {
    /// The call by which the server learns that no answer of an earlier call is still on its way.
    package static func barrier(ticket: Ticket) -> WriterCall {
        WriterCall(body: Barrier(), ticket: ticket, caller: .daemon)
    }

    /// The call by which the server says that an owner has ended. It comes from nobody outside.
    package static func endOwner(_ owner: Owner, ticket: Ticket) -> WriterCall {
        WriterCall(body: EndOwner(owner: owner), ticket: ticket, caller: .daemon)
    }
}

extension Caller {
    /// In whose name the server asks by itself.
    static let daemon = Caller(uid: 0, pid: 0, role: .operator)
}
