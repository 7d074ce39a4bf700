import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Payloads sealed at rest")
struct PayloadCipherTests {
    /// Seals by turning the text around, with its key and place: enough to see what is stored and what is asked for.
    private struct Turned: PayloadCipher {
        var keys: Set<Int64>
        var secret = "s"
        var currentKey: Int64 { keys.max() ?? 0 }

        func seal(_ text: String, at place: String) -> String {
            String("\(secret)|\(currentKey)|\(place)|\(text)".reversed())
        }

        func open(_ sealed: String, key: Int64, at place: String) throws -> String {
            let prefix = "\(secret)|\(key)|\(place)|"
            let text = String(sealed.reversed())
            guard keys.contains(key), text.hasPrefix(prefix) else { throw PayloadSealed() }
            return String(text.dropFirst(prefix.count))
        }
    }

    private func settings(_ keys: Int64..., secret: String = "s") -> EngineSettings {
        var settings = EngineSettings()
        settings.cipher = keys.isEmpty ? nil : Turned(keys: Set(keys), secret: secret)
        return settings
    }

    private let secret: RawJSON = #"{"secret":"swordfish"}"#

    @Test("payloads, results and undos are sealed in the tables, and come back as they were sent")
    func everywhere() throws {
        let t = try TestEngine(settings: settings(1))
        try t.enqueue(.mail, secret)
        let leased = try t.takeOne()
        #expect(leased.payload == secret)
        try t.call(Queue.Complete(operation: leased.operation, lease: leased.lease, result: secret))
        #expect(try t.call(Queue.Get(operation: leased.operation)).payload == secret)
        #expect(try t.call(Queue.Get(operation: leased.operation)).result == secret)
        let transaction = try t.begin()
        try t.step(transaction, secret)
        try t.rollback(transaction)
        #expect(try t.takeOne(.undos).payload == secret)
        for column in ["operations WHERE payload", "operations WHERE result", "steps WHERE payload"] {
            #expect(try t.number("SELECT count(*) FROM \(column) LIKE '%swordfish%'") == 0)
            #expect(try t.number("SELECT count(*) FROM \(column) LIKE 'k1:%'") > 0)
        }
    }

    @Test("a sealed payload that is put into another operation's row opens nothing")
    func bound() throws {
        let t = try TestEngine(settings: settings(1))
        let first = try t.enqueue(.mail, secret)
        let second = try t.enqueue(.mail, "2")
        try t.execute(
            "UPDATE operations SET payload = (SELECT payload FROM operations WHERE id = \(first)) WHERE id = \(second)")
        #expect(try t.call(Queue.Get(operation: second)).payload == nil)
    }

    @Test("a damaged payload is set aside and reported, and the next operation goes, to who waits, too")
    func damaged() throws {
        let t = try TestEngine(settings: settings(1))
        let damaged = try t.enqueue(.mail, secret)
        let next = try t.enqueue(.mail, "2")
        try t.execute("UPDATE operations SET payload = 'k1:AAAA' WHERE id = \(damaged)")
        #expect(try t.takeOne().operation == next)
        #expect(try t.state(damaged) == .dead)
        #expect(try t.read(Errors.List()).errors.map(\.code) == ["process.payload_unreadable"])
        let alsoDamaged = try t.enqueue(.print, delayMs: 1_000)
        try t.execute("UPDATE operations SET payload = 'k1:AAAA' WHERE id = \(alsoDamaged)")
        let waiting = t.sendWait(.print)
        try t.pass(1_000)
        #expect(try t.state(alsoDamaged) == .dead)
        let whole = try t.enqueue(.print)
        #expect(try t.got(waiting) == [whole])
    }

    @Test("an undo that cannot be opened parks its transaction, and a person goes on")
    func damagedUndo() throws {
        let t = try TestEngine(settings: settings(1))
        let transaction = try t.begin(timeoutMs: 1_000)
        try t.step(transaction, "1")
        try t.step(transaction, secret)
        try t.execute("UPDATE steps SET payload = 'k1:AAAA' WHERE step = 2")
        try t.pass(1_000)
        #expect(try t.info(transaction).state == .parked)
        #expect(try t.info(transaction).reason?.hasPrefix("the undo of step 2 cannot be opened") == true)
        try t.restart(settings: settings(1))
        try t.commit()
        try t.call(Transaction.Skip(transaction: transaction), as: .root)
        #expect(try t.undo() == "1")
        #expect(try t.info(transaction).incomplete == true)
    }

    @Test("keys are rotated: new texts take the newest, old ones stay readable, and plain ones, too")
    func rotation() throws {
        let t = try TestEngine(settings: settings())
        try t.enqueue(.mail, "0")
        try t.restart(settings: settings(1))
        try t.enqueue(.mail, "1")
        try t.restart(settings: settings(1, 2))
        try t.enqueue(.mail, "2")
        #expect(try t.number("SELECT count(*) FROM operations WHERE payload LIKE 'k2:%'") == 1)
        #expect(try t.take(.mail, max: 9).map(\.payload) == ["0", "1", "2"])
    }

    @Test("a key that is needed and missing, or another one, is a clear refusal, and nothing is changed")
    func refusal() throws {
        let t = try TestEngine(settings: settings(1))
        try t.enqueue(.mail, secret)
        for wrong in [settings(), settings(2), settings(1, secret: "other")] {
            let error = #expect(throws: StateError.self) { try t.restart(settings: wrong) }
            #expect(error?.description.contains("key 1") == true)
        }
        try t.restart(settings: settings(1))
        #expect(try t.takeOne().payload == secret)
    }

    @Test("a key that nothing needs any more may be taken away")
    func forgotten() throws {
        let t = try TestEngine(settings: settings(1))
        try t.enqueue(.mail, secret)
        try t.complete(try t.takeOne())
        try t.pass(86_400_000)
        try t.restart(settings: settings(2))
        #expect(try t.number("SELECT sum(id) FROM payload_keys") == 2)
    }
}
