import GRDB
import MendProtocol
import MendRules
import MendWire

/// Who calls, by the kernel's word at connect.
package struct Caller: Hashable, Sendable {
    package var uid: UInt32
    package var pid: Int32
    package var role: Role
    /// Its group and supplementary groups at connect.
    package var groups: [UInt32]
    /// The command name and the systemd unit, where they could be read.
    package var command: String?
    package var unit: String?

    package init(
        uid: UInt32, pid: Int32, role: Role, groups: [UInt32] = [], command: String? = nil, unit: String? = nil
    ) {
        self.uid = uid
        self.pid = pid
        self.role = role
        self.groups = groups
        self.command = command
        self.unit = unit
    }

    /// Whether this caller may act on what belongs to `owner`.
    func owns(_ owner: UInt32) -> Bool { uid == owner || role == .operator }
}

/// Where calls come from: a connection of the server. The engine only carries it.
package protocol CallOrigin: AnyObject, Sendable {}

/// A call's place in the server: given by the server, and given back with the answer.
package struct Ticket: Hashable, Sendable {
    package let origin: any CallOrigin
    /// Tells the calls of one origin apart.
    package let number: UInt64

    package init(origin: any CallOrigin, number: UInt64) {
        self.origin = origin
        self.number = number
    }

    package static func == (left: Ticket, right: Ticket) -> Bool {
        left.number == right.number && left.origin === right.origin
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(origin))
        hasher.combine(number)
    }
}

/// What a method gives back at the writer.
package enum Reply<Answer: Sendable>: Sendable {
    case now(Answer)
    /// The engine keeps the ticket and answers it with a later commit.
    case later
}

/// A method that runs at the writer, inside the batch's transaction.
///
/// It throws before it changes anything: then only the call itself fails. Where it throws later, as SQLite may at any
/// write, the batch is rolled back and run again with a savepoint around each call.
package protocol WriterMethod: Method {
    /// Whether it brings work that is not yet there: refused where space runs out, so that what is there can end.
    static var bringsNewWork: Bool { get }
    /// Whether it changes something that an idempotency key can keep from being done twice.
    static var takesIdempotencyKey: Bool { get }

    /// What is left for the writer, once all that needs no state is done; nothing where it is to do everything.
    func prepared(by intake: ReportIntake, for caller: Caller, meta: Meta) -> PreparedCall<Answer>?

    func apply(_ call: CallContext) throws -> Reply<Answer>
}

/// Does at the writer what is left of a call.
package typealias PreparedCall<Answer: Sendable> = @Sendable (CallContext) throws -> Reply<Answer>

extension WriterMethod {
    package func prepared(by intake: ReportIntake, for caller: Caller, meta: Meta) -> PreparedCall<Answer>? { nil }
    package static var bringsNewWork: Bool { false }
    package static var takesIdempotencyKey: Bool { true }
}

/// A method that only reads, on a reader's connection, beside the writer and after the writes that its connection sent
/// before it.
package protocol ReaderMethod: Method {
    func read(_ scope: ReadScope) throws -> Answer
}

/// A method that is answered from memory at once, without the writer.
package protocol BreakerMethod: Method {
    func answer(from table: BreakerTable, call: TableCall) throws(CallError) -> Answer
}

/// A method that may be answered late: it steps aside, and later calls of its connection overtake it.
package protocol WaitingMethod: Method {
    var mayWait: Bool { get }
}

/// A method whose lease, permit or transaction can be tied to an owner.
package protocol HoldingMethod: Method {
    var hold: Hold? { get }
}

/// Who asks the breakers' table, and how.
package struct TableCall: Sendable {
    package let caller: Caller
    package let meta: Meta
    /// What a permit is tied to beside its time.
    package let owner: Owner?
    package let now: Moment

    package init(caller: Caller, meta: Meta = Meta(), owner: Owner? = nil, now: Moment) {
        self.caller = caller
        self.meta = meta
        self.owner = owner
        self.now = now
    }
}

/// What a method may touch at the writer.
package struct CallContext {
    let scope: Scope
    let caller: Caller
    let meta: Meta
    let ticket: Ticket
    /// What the call's lease or transaction is tied to beside its time.
    let owner: Owner?
    /// Elapsed time until which the caller waits for an answer.
    let deadlineMs: Int64?

    var db: Database { scope.db }
    var engine: Engine { scope.engine }
    var now: Moment { scope.now }
}

/// The batch's transaction at one moment: what calls, timers and waiters all work in.
struct Scope {
    let db: Database
    let engine: Engine
    let now: Moment
}

/// What a method may touch at a reader.
package struct ReadScope {
    let db: Database
    let settings: EngineSettings
    let breakers: BreakerTable
    let rules: Rulebook
    let caller: Caller
    let now: Moment
    /// What the server knows, for `system.status`.
    let facts: ServerFacts
}

/// What the server knows of itself.
package struct ServerFacts: Sendable {
    package var version: String
    package var startedAt: Int64
    package var connections: Int
    package var calls: System.Status.Calls

    package init(version: String, startedAt: Int64, connections: Int, calls: System.Status.Calls) {
        self.version = version
        self.startedAt = startedAt
        self.connections = connections
        self.calls = calls
    }
}

/// How a call ended, once its transaction is on disk.
package struct CallOutcome: Sendable {
    package let ticket: Ticket
    package let result: Result<any Encodable & Sendable, CallError>
}
