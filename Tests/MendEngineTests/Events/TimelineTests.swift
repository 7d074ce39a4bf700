import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("system.timeline")
struct TimelineTests {
    let t: TestEngine
    private let meta = Meta(correlation: .task)

    init() throws { t = try TestEngine() }

    private func timeline(
        _ correlation: Name? = .task, since: Int64? = nil, until: Int64? = nil, limit: Int64? = nil,
        after: String? = nil
    ) throws -> System.Timeline.Answer {
        var call = System.Timeline(correlation: correlation, since: since.map(Timestamp.init(unchecked:)))
        call.until = until.map(Timestamp.init(unchecked:))
        call.limit = limit.map(PageSize.init(unchecked:))
        call.after = after
        return try t.read(call)
    }

    /// A task that enqueues, fails once, reports something, succeeds, and begins and ends a transaction.
    private func story() throws {
        try t.call(.enqueue(policy: .every(1000)), meta: meta)
        try t.pass(10)
        try t.fail(try t.takeOne())
        try t.pass(10)
        var report = Errors.Report(message: "it is slow")
        report.service = "app"
        try t.call(report, meta: meta)
        try t.pass(1000)
        try t.complete(try t.takeOne())
        try t.pass(10)
        let transaction = try t.call(Transaction.Begin(name: .deploy), meta: meta).transaction
        try t.pass(10)
        try t.call(Transaction.Commit(transaction: transaction))
    }

    @Test("all that belongs together stands in the order of time, and nothing else does")
    func correlation() throws {
        try t.call(Errors.Report(message: "somebody else's"))
        try story()
        #expect(
            try timeline().entries.map(\.kind) == [
                "operation.enqueued", "error.reported", "group.new", "operation.retried", "error.reported", "group.new",
                "operation.done", "transaction.begun", "transaction.committed",
            ])
        #expect(try timeline().entries[6].message == "operation 1 is done at attempt 2")
        #expect(try timeline().entries.map(\.at) == timeline().entries.map(\.at).sorted())
        #expect(try timeline(.deploy).entries == [])
    }

    @Test(
        "pages of a task with many reports hold what one page does, also where the clock was set back",
        arguments: [1, 3, 7])
    func manyReports(limit: Int64) throws {
        for number in 0..<30 {
            try t.call(Errors.Report(message: "number \(number)"), meta: meta)
            try t.pass(20_000)
            // By more than a minute, and by less.
            if number == 11 { t.clock.wallMs -= 150_000 }
            if number == 20 { t.clock.wallMs -= 30_000 }
        }
        let all = try timeline().entries
        #expect(all.count(where: { $0.kind == "error.reported" }) == 30)
        #expect(all.map(\.at) == all.map(\.at).sorted())
        var (paged, after): ([TimelineEntry], String?) = ([], nil)
        repeat {
            let page = try timeline(limit: limit, after: after)
            paged += page.entries
            after = page.next
        } while after != nil
        #expect(paged == all)
        let since = all[all.count / 2].at
        #expect(try timeline(since: since, limit: 1_000).entries == all.filter { $0.at >= since })
    }

    @Test("pages follow each other without losing or repeating anything, also within one millisecond", arguments: 1...4)
    func pages(limit: Int64) throws {
        try story()
        for number in 0..<5 { try t.call(Errors.Report(message: "at one time \(number)"), meta: meta) }
        let whole = try timeline().entries
        var found: [TimelineEntry] = []
        var after: String?
        repeat {
            let page = try timeline(limit: limit, after: after)
            #expect(page.entries.count <= Int(limit))
            found += page.entries
            after = page.next
        } while after != nil
        #expect(found == whole)
    }

    @Test("a span of time has reports and events of everybody, from its first to its last millisecond")
    func span() throws {
        try t.call(Errors.Report(message: "before"))
        try t.pass(100)
        let begin = t.now.wallMs
        try t.call(Errors.Report(message: "within"))
        try story()
        let end = t.now.wallMs
        try t.pass(1)
        try t.call(Errors.Report(message: "after"))
        let entries = try timeline(nil, since: begin, until: end).entries
        #expect(entries.first?.message == "unknown: within")
        #expect(entries.allSatisfy { $0.at >= begin && $0.at <= end })
        #expect(
            Set(entries.map(\.kind))
                == ["error.reported", "group.new", "operation.retried", "transaction.committed"])
        let both = try timeline(.task, since: begin, until: end).entries
        #expect(both.map(\.kind) == (try timeline().entries.map(\.kind)))
    }

    @Test("without a correlation or a beginning it is refused; so is a cursor that was never given")
    func refused() throws {
        let everything = #expect(throws: CallError.self) { try timeline(nil) }
        #expect(everything?.reason == .invalidParams && everything?.field == "correlation")
        for text in ["", "1", "1.2", "1.2.x", "1.2.3.4"] {
            let error = #expect(throws: CallError.self) { try timeline(after: text) }
            #expect(error?.field == "after")
        }
    }

    @Test("it reads by index: no table is scanned, whatever is asked for")
    func indexed() throws {
        try story()
        for source in TimelineSource.all {
            for found in [source.ofCorrelation, source.ofTime].compactMap({ $0 }) {
                let count = (source.select + found + source.order).count { $0 == "?" }
                let plan = try t.engine.database.read { db in
                    try Row.fetchAll(
                        db, sql: "EXPLAIN QUERY PLAN " + source.select + found + source.order,
                        arguments: StatementArguments([Int](repeating: 1, count: count))
                    ).map { $0["detail"] as String }
                }
                #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
            }
        }
    }
}
