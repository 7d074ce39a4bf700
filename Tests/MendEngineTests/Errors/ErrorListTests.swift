import MendProtocol
import Testing

@testable import MendEngine

@Suite("Reading reports")
struct ErrorListTests {
    @Test("an id that was never given is not found")
    func notFound() throws {
        let error = #expect(throws: CallError.self) { try ErrorStore().get(7) }
        #expect(error?.reason == .notFound)
        #expect(error?.field == "error")
    }

    @Test("reports are listed newest first, page by page, none twice and none left out")
    func pages() throws {
        let store = try ErrorStore()
        for number in 1...25 { try store.report("m\(number)") }
        var seen: [Int64] = []
        var sizes: [Int] = []
        var after: Int64?
        repeat {
            let page = try store.list {
                $0.limit = PageSize(10)
                $0.after = after
            }
            seen += page.errors.map(\.error)
            sizes.append(page.errors.count)
            after = page.next
        } while after != nil
        #expect(seen == (1...25).reversed().map(Int64.init))
        #expect(sizes == [10, 10, 5])
    }

    @Test("a full last page has no next one")
    func fullLastPage() throws {
        let store = try ErrorStore()
        for number in 1...10 { try store.report("m\(number)") }
        #expect(try store.list { $0.limit = PageSize(10) }.next == nil)
    }

    @Test("an empty list is empty")
    func empty() throws {
        #expect(try ErrorStore().list() == Errors.List.Answer(errors: [], next: nil))
    }

    @Test("a page ends before its answer is too long, and the next one goes on there")
    func bytes() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 64 << 10
        let store = try ErrorStore(settings: settings)
        for _ in 1...20 { try store.report(String(repeating: "x", count: 8_000)) }
        let first = try store.list()
        #expect((2...7).contains(first.errors.count))
        #expect(first.next == first.errors.last?.error)
        let second = try store.list { $0.after = first.next }
        #expect(second.errors.first?.error == first.next.map { $0 - 1 })
    }

    @Test("each filter leaves what matches it")
    func filters() throws {
        let store = try ErrorStore()
        let web = try store.report("a") {
            $0.service = "web"
            $0.code = "x"
            $0.category = .data
        }
        store.now.wallMs += 1_000
        let db = try store.report("b") {
            $0.service = "db"
            $0.code = "y"
            $0.category = .transient
            $0.severity = .critical
        }
        func ids(_ change: (inout Errors.List) -> Void) throws -> [Int64] { try store.list(change).errors.map(\.error) }
        #expect(try ids { _ in } == [db.error, web.error])
        #expect(try ids { $0.service = "web" } == [web.error])
        #expect(try ids { $0.code = "y" } == [db.error])
        #expect(try ids { $0.category = .data } == [web.error])
        #expect(try ids { $0.severity = .critical } == [db.error])
        #expect(try ids { $0.group = web.group } == [web.error])
        #expect(try ids { $0.since = Timestamp(store.now.wallMs) } == [db.error])
        #expect(
            try ids {
                $0.service = "web"
                $0.code = "y"
            } == [])
        #expect(
            try ids {
                $0.group = db.group
                $0.after = db.error
            } == [])
    }
}

@Suite("Forgetting reports")
struct ErrorRetentionTests {
    static func store() throws -> ErrorStore {
        var settings = EngineSettings()
        settings.errorRetentionMs = 10_000
        return try ErrorStore(settings: settings)
    }

    @Test("old reports are forgotten in steps, the young ones stay")
    func steps() throws {
        let store = try Self.store()
        for _ in 1...5 { try store.report("old") }
        store.now.wallMs += 10_001
        try store.report("young")
        #expect(try store.write { try $0.forgetOldErrors(limit: 3) })
        #expect(try store.count("errors") == 3)
        #expect(try !store.write { try $0.forgetOldErrors(limit: 3) })
        #expect(try store.list().errors.map(\.message) == ["young"])
        #expect(try !store.write { try $0.forgetOldErrors(limit: 3) })
    }

    @Test("a report is kept for the whole of its time")
    func notYet() throws {
        let store = try Self.store()
        try store.report("a")
        store.now.wallMs += 10_000
        #expect(try !store.write { try $0.forgetOldErrors(limit: 10) })
        #expect(try store.count("errors") == 1)
    }

    @Test("a group goes with its last report; one that is still seen stays and goes on counting")
    func groups() throws {
        let store = try Self.store()
        try store.report("gone")
        try store.report("stays")
        store.now.wallMs += 10_001
        try store.report("stays")
        #expect(try !store.write { try $0.forgetOldErrors(limit: 10) })
        #expect(try store.count("error_groups") == 1)
        #expect(try store.report("stays").occurrences == 3)
        let back = try store.report("gone")
        #expect(back.isNew && back.group == 3)
    }

    @Test("a group is not forgotten while one of its old reports is left")
    func groupInSteps() throws {
        let store = try Self.store()
        for _ in 1...4 { try store.report("old") }
        store.now.wallMs += 10_001
        #expect(try store.write { try $0.forgetOldErrors(limit: 3) })
        #expect(try store.count("error_groups") == 1)
        #expect(try !store.write { try $0.forgetOldErrors(limit: 3) })
        #expect(try store.count("error_groups") == 0)
    }
}
