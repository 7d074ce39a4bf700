import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("events.list")
struct EventListTests {
    let t: TestEngine

    init() throws { t = try TestEngine() }

    /// Writes events straight into the journal, each a minute after the one before.
    private func fill(_ count: Int64, kind: String = "operation.dead", from first: Int64 = 1) throws {
        try t.execute(
            """
            WITH RECURSIVE n(n) AS (SELECT \(first) UNION ALL SELECT n + 1 FROM n WHERE n < \(first + count - 1))
            INSERT INTO events (event, at, kind, message, operation, uid)
                SELECT n, n * 60000, '\(kind)', 'event ' || n, n % 3, n % 2 FROM n;
            UPDATE counters SET event = \(first + count - 1)
            """)
    }

    private func list(
        after: Int64? = nil, limit: Int64? = nil, newestFirst: Bool? = nil,
        _ change: (inout Events.List) -> Void = { _ in }
    ) throws -> Events.List.Answer {
        var call = Events.List()
        call.after = after
        call.limit = limit.map(PageSize.init(unchecked:))
        call.newestFirst = newestFirst
        change(&call)
        return try t.read(call)
    }

    private func numbers(_ answer: Events.List.Answer) -> [Int64] { answer.events.map(\.event) }

    @Test("pages follow each other without a gap, to the end")
    func pages() throws {
        try fill(5)
        let first = try list(limit: 2)
        #expect(numbers(first) == [1, 2] && first.next == 2)
        let second = try list(after: first.next, limit: 2)
        #expect(numbers(second) == [3, 4] && second.next == 4)
        let third = try list(after: second.next, limit: 2)
        #expect(numbers(third) == [5] && third.next == nil)
        #expect(third.first == 1 && third.last == 5 && third.missed == nil)
        #expect(try numbers(list(after: 5)) == [])
    }

    @Test("the newest come first where that is asked for, page by page")
    func newestFirst() throws {
        try fill(5)
        let first = try list(limit: 3, newestFirst: true)
        #expect(numbers(first) == [5, 4, 3] && first.next == 3)
        let second = try list(after: first.next, limit: 3, newestFirst: true)
        #expect(numbers(second) == [2, 1] && second.next == nil && second.missed == nil)
    }

    @Test("what retention has removed is told as missed, and never passes for nothing")
    func missed() throws {
        try fill(6)
        try t.execute("DELETE FROM events WHERE event <= 3")
        let answer = try list(after: 1)
        #expect(answer.missed == MissedEvents(from: 2, to: 3))
        #expect(numbers(answer) == [4, 5, 6] && answer.first == 4)
        #expect(try list(after: 3).missed == nil)
        #expect(try list().missed == nil)
        try t.execute("DELETE FROM events")
        let empty = try list(after: 0)
        #expect(empty.missed == MissedEvents(from: 1, to: 6) && empty.first == 7 && empty.last == 6)
    }

    @Test("going on after an event that never was is refused")
    func afterTheEnd() throws {
        try fill(2)
        let error = #expect(throws: CallError.self) { try list(after: 3) }
        #expect(error?.reason == .invalidParams && error?.field == "after")
    }

    @Test("filters are kinds, families of kinds, and what an event is about")
    func filters() throws {
        try fill(3)
        try fill(3, kind: "lease.lost", from: 4)
        #expect(try numbers(list { $0.filter.kinds = [EventKinds(.operationDead)] }) == [1, 2, 3])
        #expect(try numbers(list { $0.filter.kinds = EventKinds("lease.*").map { [$0] } }) == [4, 5, 6])
        #expect(try numbers(list { $0.filter.operation = 1 }) == [1, 4])
        #expect(try numbers(list(newestFirst: true) { $0.filter.operation = 1 }) == [4, 1])
        #expect(
            try numbers(
                list {
                    $0.filter.operation = 1
                    $0.filter.uid = 0
                }) == [4])
        for change: (inout EventFilter) -> Void in [
            { $0.queue = .mail }, { $0.breaker = .mail }, { $0.transaction = 9 }, { $0.group = 9 },
            { $0.correlation = .task },
        ] {
            #expect(try numbers(list { change(&$0.filter) }) == [])
        }
    }

    @Test("a kind that does not exist is refused, and the nearest named")
    func unknownKind() {
        #expect(EventKinds("operation.deed") == nil && EventKinds("*") == nil && EventKinds("operation*") == nil)
        let error = #expect(throws: WireDecodingError.self) {
            try WireDecoder.decode(
                Events.List.self, from: JSONDocument(parsing: #"{"kinds":["operation.deed"]}"#).root)
        }
        #expect(error?.message.contains("did you mean operation.dead?") == true)
    }

    @Test("a span of time is exact, also where the wall clock was set back")
    func times() throws {
        try fill(4)
        try t.execute("UPDATE events SET at = 90000 WHERE event = 4")
        func within(_ since: Int64?, _ until: Int64?) throws -> [Int64] {
            try numbers(
                list {
                    $0.since = since.map(Timestamp.init(unchecked:))
                    $0.until = until.map(Timestamp.init(unchecked:))
                })
        }
        #expect(try within(120_000, nil) == [2, 3])
        #expect(try within(60_001, 120_000) == [2, 4])
        #expect(try within(nil, 60_000) == [1])
        #expect(try within(500_000, nil) == [])
    }

    @Test("a page that finds little ends in bounded time, and says where to go on")
    func bounded() throws {
        try fill(50_000)
        try t.execute("UPDATE events SET queue = 'mail' WHERE event IN (1, 50000)")
        let mail: (inout Events.List) -> Void = { $0.filter.queue = .mail }
        let first = try list(mail)
        #expect(numbers(first) == [1] && first.next == 20_000)
        let second = try list(after: first.next, mail)
        #expect(numbers(second) == [] && second.next == 40_000)
        let third = try list(after: second.next, mail)
        #expect(numbers(third) == [50_000] && third.next == nil)
        var backwards: [Int64] = []
        var after: Int64?
        repeat {
            let page = try list(after: after, newestFirst: true, mail)
            backwards += numbers(page)
            after = page.next
        } while after != nil
        #expect(backwards == [50_000, 1])
    }
}
