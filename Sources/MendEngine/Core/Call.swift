import GRDB
import MendProtocol
import MendWire

/// Who calls, by the kernel's word at connect.
package struct Caller: Hashable, Sendable {
    package var uid: UInt32
    package var pid: Int32
    package var role: Role
    /// The command name and the systemd unit, where they could be read.
    package var command: String?
    package var unit: String?

    package init(uid: UInt32, pid: Int32, role: Role, command: String? = nil, unit: String? = nil) {
        self.uid = uid
        self.pid = pid
        self.role = role
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
    func apply(_ call: CallContext) throws -> Reply<Answer>
}

/// A method that only reads, on a reader's connection, beside the writer and after the writes that its connection sent
/// before it.
package protocol ReaderMethod: Method {
    func read(_ scope: ReadScope) throws -> Answer
}

/// A method that is answered from memory at once, without the writer.
package protocol BreakerMethod: Method {
    func answer(from table: BreakerTable, caller: Caller, now: Moment) throws(CallError) -> Answer
}

/// What a method may touch at the writer.
package struct CallContext {
    let scope: Scope
    let caller: Caller
    let meta: Meta
    let ticket: Ticket

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

/// A decoded call on its way to the writer.
package struct WriterCall: Sendable {
    package let ticket: Ticket
    let caller: Caller
    let meta: Meta
    let body: any WriterBody

    package init(_ method: some WriterMethod, ticket: Ticket, caller: Caller, meta: Meta) {
        self.init(body: MethodBody(method: method), ticket: ticket, caller: caller, meta: meta)
    }

    init(body: any WriterBody, ticket: Ticket, caller: Caller, meta: Meta) {
        self.body = body
        self.ticket = ticket
        self.caller = caller
        self.meta = meta
    }
}

/// What a call does, its type forgotten.
protocol WriterBody: Sendable {
    /// The answer; nothing where it comes later.
    func run(_ call: CallContext) throws -> (any Encodable & Sendable)?
}

private struct MethodBody<M: WriterMethod>: WriterBody {
    let method: M

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        switch try method.apply(call) {
        case .now(let answer): answer
        case .later: nil
        }
    }
}

/// How a call ended, once its transaction is on disk.
package struct CallOutcome: Sendable {
    package let ticket: Ticket
    package let result: Result<any Encodable & Sendable, CallError>
}
