import GRDB
import MendProtocol
import MendWire
import Synchronization
import Testing

@testable import MendEngine

/// Nothing scans: what is due, and what a call is about, is found by an index, however much there is beside it.
@Suite("Indexes")
struct IndexTests {
    /// Small tables that are read whole: one row of counters, one of statistics; queues, which are bounded and read once a minute;
    /// the keys of statistics, which are bounded and counted once a run.
    private static let readWhole: Set<Substring> = ["counters", "queues", "statistics", "report_keys"]

    @Test("no statement of a long story scans a table")
    func story() throws {
        let t = try TestEngine()
        // A start looks at what is tied to owners, and may take its time.
        try t.restart()
        try t.commit()
        let seen = Mutex<Set<String>>([])
        t.engine.database.writeWithoutTransaction { db in
            db.trace { event in
                if case .statement(let statement) = event { seen.withLock { _ = $0.insert(statement.sql) } }
            }
        }
        try Self.tell(t)
        let statements = seen.withLock { $0 }.filter { sql in
            ["SELECT", "UPDATE", "DELETE", "INSERT", "WITH"].contains { sql.hasPrefix($0) }
        }
        #expect(statements.count > 40)
        // A page of the oldest rows is read in the order of the table itself.
        let readsPage = ["ORDER BY id LIMIT ?", "ORDER BY event LIMIT ?", "ORDER BY first"]
        // What stands in the index of words is its own.
        for sql in statements.sorted() where !(readsPage + ["errors_text"]).contains(where: sql.contains) {
            let scans: [String] = try t.engine.database.writeWithoutTransaction { db in
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                statement.setUncheckedArguments(StatementArguments())
                return try Row.fetchAll(statement).map { $0["detail"] as String }.filter { $0.hasPrefix("SCAN ") }
            }
            for scan in scans where !Self.readWhole.contains(scan.split(separator: " ")[1]) {
                Issue.record("\(scan): \(sql)")
            }
        }
    }

    /// A little of everything, and of what time does to it.
    private static func tell(_ t: TestEngine) throws {
        let all: Meta = Meta(correlation: .task, idempotencyKey: IdempotencyKey("k"))
        try t.call(.enqueue(.mail, "1", key: "a"), meta: all)
        for number in 0..<9 { try t.enqueue(.mail, "1", delayMs: number.isMultiple(of: 2) ? 500 : nil) }
        for number in 0..<4 { try t.enqueue(.mail, "1", lane: "l\(number % 2)") }
        try t.fail(try t.takeOne())
        try t.fail(try t.takeOne(), .validation)
        try t.complete(try t.takeOne())
        try t.takeOne(leaseMs: 100)
        try t.call(Queue.Replay(queue: .mail))
        let committed = try t.begin(timeoutMs: 1_000)
        try t.step(committed)
        try t.call(Transaction.Commit(transaction: committed))
        let rolledBack = try t.begin(timeoutMs: 1_000)
        try t.step(rolledBack)
        try t.pass(2_000)
        try t.undo()
        try t.call(Errors.Report(message: "a report"), meta: Meta(correlation: .task))
        try t.call(Queue.Purge(queue: .mail), as: .root)
        try t.pass(40_000)
        try t.pass(40 * 86_400_000)
        try t.pass(60_000)
    }
}
