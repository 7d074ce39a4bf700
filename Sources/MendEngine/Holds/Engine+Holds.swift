import GRDB
import MendProtocol

extension Engine {
    /// How long owners have after a restart of the daemon to present their tokens again.
    package static let graceMs: Int64 = 30_000

    /// Processes that something is tied to: after a restart the server watches them again.
    package var heldProcesses: [ProcessIdentity] { holds.processes }

    /// Whether something is tied to a connection of an earlier run, and waits to be presented again.
    package var hasOrphans: Bool { !holds.orphans.isEmpty }

    /// Finds what was leased or tied to somebody when the last run ended.
    ///
    /// - Parameter hostRestarted: whether all owners ended with the host: then nobody is waited for.
    func loadHolds(_ db: Database, now: Moment, hostRestarted: Bool) throws {
        // Of processes that ended with nothing tied to them any more.
        try db.execute(
            sql: """
                DELETE FROM owners WHERE id NOT IN (
                    SELECT owner FROM operations INDEXED BY operations_leased WHERE state = 4 AND owner IS NOT NULL
                    UNION SELECT owner FROM transactions
                        WHERE owner IS NOT NULL AND state IN ('active', 'rolling_back', 'parked'))
                """)
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
            db,
            sql: """
                SELECT id, owner FROM transactions
                WHERE owner IS NOT NULL AND state IN ('active', 'rolling_back', 'parked')
                """)
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
    let cause: LeaseEnd

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        try call.scope.end(owner, because: cause)
        return Answer()
    }
}

/// Finds out which processes something is tied to, or will be when a wait ends.
struct FindHeldProcesses: WriterBody {
    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        let engine = call.engine
        return HeldProcesses(
            all: Set(engine.holds.processes).union(engine.waiters.processes).union(engine.breakers.heldProcesses))
    }
}

/// What `WriterCall.heldProcesses` answers, to the server alone.
package struct HeldProcesses: Encodable, Sendable {
    package let all: Set<ProcessIdentity>

    package func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, EncodingError.Context(codingPath: [], debugDescription: "this is not for the wire"))
    }
}

/// Does nothing: its answer comes after those of all calls before it.
struct Barrier: WriterBody {
    struct Answer: Encodable, Sendable {}

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? { Answer() }
}

extension WriterCall {
    /// The call by which the server learns which processes it still has to watch: the answer is `HeldProcesses`.
    package static func heldProcesses(ticket: Ticket, caller: Caller) -> WriterCall {
        WriterCall(body: FindHeldProcesses(), ticket: ticket, caller: caller)
    }

    /// The call by which the server learns that no answer of an earlier call of `caller` is still on its way.
    package static func barrier(ticket: Ticket, caller: Caller) -> WriterCall {
        WriterCall(body: Barrier(), ticket: ticket, caller: caller)
    }

    /// The call by which the server says that an owner has ended: in the name of `caller`, after whose earlier calls it
    /// comes, for they may have tied something to the owner. It comes from nobody outside.
    ///
    /// - Parameter duringRestart: the owner ended while no daemon watched it: then nothing is known against its work, and
    ///   no attempt is spent.
    package static func endOwner(
        _ owner: Owner, duringRestart: Bool = false, ticket: Ticket, caller: Caller = .daemon
    ) -> WriterCall {
        WriterCall(
            body: EndOwner(owner: owner, cause: duringRestart ? .restart : .ownerEnded), ticket: ticket, caller: caller)
    }
}

extension Caller {
    /// In whose name the server asks by itself.
    package static let daemon = Caller(uid: 0, pid: 0, role: .operator)

    /// The server itself, where what it asks comes after all that a user asked before.
    package static func daemon(for user: UInt32) -> Caller { Caller(uid: user, pid: 0, role: .operator) }
}
