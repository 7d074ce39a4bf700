import Foundation
import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// An engine whose clock is turned by hand, and whose calls are typed.
final class TestEngine {
    /// A call on its way, or answered, or waiting.
    struct Sent<M: WriterMethod> {
        let ticket: Ticket
    }

    private final class Origin: CallOrigin {}

    /// Another connection, as an owner.
    static func connection() -> Owner { .connection(ConnectionOwner(Origin())) }

    private(set) var engine: Engine
    /// What the kernel's clocks say.
    var clock = ClockReading(bootID: "boot-1", sinceBootMs: 5_000, wallMs: 1_700_000_000_000)
    private var pending: [WriterCall] = []
    private var outcomes: [Ticket: Result<any Encodable & Sendable, CallError>] = [:]
    private var lastTicket: UInt64 = 0
    private let origin = Origin()

    init(settings: EngineSettings = EngineSettings(), seed: UInt64 = 1) throws {
        engine = try Engine(opening: DatabaseQueue(), settings: settings, reading: clock, seed: seed)
    }

    /// An engine on files.
    init(in directory: StateDirectory, settings: EngineSettings = EngineSettings()) throws {
        engine = try Engine.open(directory, settings: settings, reading: clock, seed: 1)
    }

    /// Whatever a test has done, the state is as it must be.
    deinit {
        do {
            let findings = try engine.database.read(StateCheck.findings)
            #expect(findings == [])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_MISUSE {
            // The test has closed it.
        } catch {
            Issue.record(error)
        }
    }

    // MARK: Time

    var now: Moment { engine.timeBase.moment(clock) }

    /// Lets time pass and has done what is due by then.
    func pass(_ ms: Int64) throws {
        wait(ms)
        try commit()
    }

    /// Lets time pass while nobody looks.
    func wait(_ ms: Int64) {
        clock.sinceBootMs += ms
        clock.wallMs += ms
    }

    /// The daemon ends and begins again within one boot.
    func restart(settings: EngineSettings? = nil) throws {
        pending = []
        engine = try Engine(opening: engine.database, settings: settings ?? engine.settings, reading: clock, seed: 2)
    }

    /// The host ends and begins again; by the wall clock it was away for `awayMs`.
    func reboot(awayMs: Int64) throws {
        clock = ClockReading(bootID: clock.bootID + "+", sinceBootMs: 700, wallMs: clock.wallMs + awayMs)
        try restart()
    }

    // MARK: Calls

    /// Puts a call into the next batch.
    @discardableResult
    func send<M: WriterMethod>(
        _ method: M, as caller: Caller = .ada, meta: Meta = Meta(), owner: Owner? = nil
    ) -> Sent<M> {
        let ticket = nextTicket(of: owner)
        pending.append(
            WriterCall(
                method, ticket: ticket, caller: caller, meta: meta, owner: owner, readAtMs: now.elapsedMs,
                intake: engine.intake))
        return Sent(ticket: ticket)
    }

    /// Lets an owner end, in the next batch.
    func sendEnd(of owner: Owner, duringRestart: Bool = false) {
        pending.append(.endOwner(owner, duringRestart: duringRestart, ticket: nextTicket(), caller: .daemon))
    }

    func sendReturn(of leases: [Leased], as caller: Caller = .ada) {
        pending.append(
            .returnLeases(
                leases.map { (operation: $0.operation, lease: $0.lease) }, ticket: nextTicket(), caller: caller))
    }

    func sendEndWait<M>(of waiting: Sent<M>, as caller: Caller = .ada) {
        pending.append(.endWait(of: waiting.ticket, ticket: nextTicket(), caller: caller))
    }

    /// Writes down what breakers did, as the server has it done.
    func persistBreakers() throws {
        pending.append(.persistBreakers(ticket: nextTicket()))
        try commit()
    }

    /// Commits the batch that was sent.
    func commit() throws {
        let calls = pending
        pending = []
        for outcome in try engine.commit(calls, now: now) {
            if outcomes.updateValue(outcome.result, forKey: outcome.ticket) != nil {
                Issue.record("call \(outcome.ticket.number) was answered twice")
            }
        }
    }

    /// What a call was answered; nothing while it waits.
    func answer<M>(_ sent: Sent<M>) throws -> M.Answer? {
        guard let outcome = outcomes[sent.ticket] else { return nil }
        return try #require(try outcome.get() as? M.Answer)
    }

    /// What a call was answered, as it goes over the wire.
    func text<M>(_ sent: Sent<M>) throws -> String {
        let outcome = try #require(outcomes[sent.ticket], "it was not answered")
        return try WireEncoder.text(of: outcome.get())
    }

    /// A call in a batch of its own.
    @discardableResult
    func call<M: WriterMethod>(
        _ method: M, as caller: Caller = .ada, meta: Meta = Meta(), owner: Owner? = nil
    ) throws -> M.Answer {
        let sent = send(method, as: caller, meta: meta, owner: owner)
        try commit()
        return try #require(try answer(sent), "it was not answered at once")
    }

    /// Why a call was refused; nothing where it was not.
    func refusal<M: WriterMethod>(
        _ method: M, as caller: Caller = .ada, meta: Meta = Meta()
    ) throws -> CallError? {
        let sent = send(method, as: caller, meta: meta)
        try commit()
        return refusal(sent)
    }

    func refusal<M>(_ sent: Sent<M>) -> CallError? {
        guard case .failure(let error) = outcomes[sent.ticket] else { return nil }
        return error
    }

    /// A call that is answered by a reader.
    @discardableResult
    func call<M: ReaderMethod>(_ method: M, as caller: Caller = .ada) throws -> M.Answer {
        try read(method, as: caller)
    }

    func refusal<M: ReaderMethod>(_ method: M, as caller: Caller = .ada) throws -> CallError? {
        do {
            _ = try read(method, as: caller)
            return nil
        } catch let error as CallError {
            return error
        }
    }

    func read<M: ReaderMethod>(_ method: M, as caller: Caller = .ada) throws -> M.Answer {
        try engine.reader.answer(
            method, caller: caller, now: now,
            facts: ServerFacts(version: "9.8.7", startedAt: now.wallMs - 60, connections: 3, calls: .init(answered: 4)))
    }

    /// A ticket of the test's one connection, or of the one that is to own something.
    private func nextTicket(of owner: Owner? = nil) -> Ticket {
        lastTicket += 1
        if case .connection(let connection) = owner { return Ticket(origin: connection.origin, number: lastTicket) }
        return Ticket(origin: origin, number: lastTicket)
    }

    // MARK: The database

    func execute(_ sql: String) throws {
        try engine.database.writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    func number(_ sql: String) throws -> Int64 {
        try engine.database.read { try #require(try Int64.fetchOne($0, sql: sql)) }
    }

    /// Lets the database have no more pages than it has now, but for `spare`.
    func fillDisk(sparePages spare: Int64 = 0) throws {
        let pages = try number("PRAGMA page_count") + spare
        try execute("PRAGMA max_page_count = \(pages)")
    }

    func freeDisk() throws {
        try execute("PRAGMA max_page_count = 1000000")
        engine.noteSpace(isShort: false)
    }

    /// Makes every statement fail that does `event` (such as `INSERT ON operations`) to a row for which `condition` holds.
    func failing(_ event: String, when condition: String) throws {
        try execute(
            "CREATE TRIGGER planted BEFORE \(event) WHEN \(condition) BEGIN SELECT RAISE(ABORT, 'planted'); END")
    }

    func failNoMore() throws {
        try execute("DROP TRIGGER planted")
    }
}

extension Caller {
    static let ada = Caller(uid: 1000, pid: 11, role: .client)
    static let bob = Caller(uid: 1001, pid: 12, role: .client)
    static let root = Caller(uid: 0, pid: 1, role: .operator)
}

extension Name {
    static let mail = Name(unchecked: "mail")
    static let print = Name(unchecked: "print")
    static let high = Name(unchecked: "high")
    static let low = Name(unchecked: "low")
    static let unlucky = Name(unchecked: "unlucky")
    static let nowhere = Name(unchecked: "nowhere")
    static let undos = Name(unchecked: "undos")
    static let undoOfAda = Name(unchecked: "undo.1000")
    static let undoOfBob = Name(unchecked: "undo.1001")
    static let undoOfNobody = Name(unchecked: "undo.me")
    static let deploy = Name(unchecked: "deploy")
    static let task = Name(unchecked: "task-7")
    static let quick = Name(unchecked: "quick")
    static let standard = Name(unchecked: "standard")
    static let patient = Name(unchecked: "patient")
}

extension RawJSON: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(unchecked: text) }
}

/// A directory that is gone when this value is.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("mend-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
