import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Finding reports")
struct ErrorSearchTests {
    private static func filter(_ change: (inout ErrorFilter) -> Void) -> ErrorFilter {
        var filter = ErrorFilter()
        change(&filter)
        return filter
    }

    private static func ids(_ t: TestEngine, _ change: (inout ErrorFilter) -> Void) throws -> [Int64] {
        try t.call(Errors.List(filter: filter(change))).errors.map(\.error)
    }

    private static func report(
        _ t: TestEngine, _ message: String, as caller: Caller = .ada, meta: Meta = Meta(),
        _ change: (inout Errors.Report) -> Void = { _ in }
    ) throws {
        var report = Errors.Report(message: message)
        report.service = "web"
        change(&report)
        try t.call(report, as: caller, meta: meta)
    }

    @Test(
        "words begun need three letters, so that they are not nearly all there are",
        arguments: ["c*", "1*", "x-ab*"])
    func tooShort(text: String) throws {
        let t = try TestEngine()
        #expect(try t.refusal(Errors.List(filter: Self.filter { $0.text = text }))?.field == "text")
    }

    @Test("a report without a code of its own is found by that of its verdict, and grouped without it")
    func verdictCode() throws {
        let t = try TestEngine()
        try Self.report(t, "no answer") { $0.errno = .name("ECONNREFUSED") }
        try Self.report(t, "no answer") { $0.errno = .name("ETIMEDOUT") }
        try Self.report(t, "no answer") { ($0.errno, $0.code) = (.name("ECONNREFUSED"), "shop.down") }
        #expect(try Self.ids(t) { $0.code = "posix.ECONNREFUSED" } == [1])
        #expect(try Self.ids(t) { $0.code = "shop.down" } == [3])
        #expect(try t.call(Errors.Get(error: 1)).code == "posix.ECONNREFUSED")
        #expect(try t.call(Errors.List()).errors.map(\.group) == [2, 1, 1])
    }

    @Test("each filter leaves what matches it, and all of them together")
    func filters() throws {
        let t = try TestEngine()
        try Self.report(t, "connection refused") {
            $0.code = "x"
            $0.type = "IOError"
            $0.task = "night-7"
        }
        try t.pass(120_000)
        var unit = Caller.bob
        unit.unit = "backup.service"
        try Self.report(t, "no space left", as: unit, meta: Meta(correlation: .task)) { $0.severity = .critical }
        #expect(try Self.ids(t) { _ in } == [2, 1])
        #expect(try Self.ids(t) { $0.type = "IOError" } == [1])
        #expect(try Self.ids(t) { $0.task = "night-7" } == [1])
        #expect(try Self.ids(t) { $0.unit = "backup.service" } == [2])
        #expect(try Self.ids(t) { $0.uid = Caller.ada.uid } == [1])
        #expect(try Self.ids(t) { $0.correlation = .task } == [2])
        #expect(try Self.ids(t) { $0.service = "web" } == [2, 1])
        #expect(try Self.ids(t) { $0.severity = .critical } == [2])
        #expect(try Self.ids(t) { $0.since = Timestamp(t.now.wallMs) } == [2])
        #expect(try Self.ids(t) { $0.until = Timestamp(t.now.wallMs - 1) } == [1])
        #expect(
            try Self.ids(t) {
                $0.service = "web"
                $0.code = "x"
                $0.severity = .critical
            } == [])
    }

    @Test(
        "a text is found by its words, in any order, begun, or in quotation marks in their order",
        arguments: [
            ("refused", [1]), ("REFUSED connection", [1]), ("conn*", [2, 1]), (#""connection refused""#, [1]),
            (#""refused connection""#, []), ("refused timeout", []), ("IOError", [1]), ("billing", [2]),
            ("container.timeout", [2]), ("10.0.0.7", [1]), ("NOT refused", []), ("a:b OR refused", []), ("path", [1]),
        ] as [(String, [Int64])])
    func words(text: String, expected: [Int64]) throws {
        let t = try TestEngine()
        try Self.report(t, "10.0.0.7: connection refused (/a/path)") { $0.type = "IOError" }
        try Self.report(t, "the connection was cut") {
            $0.service = "billing"
            $0.code = "container.timeout"
        }
        #expect(try Self.ids(t) { $0.text = text } == expected)
    }

    @Test(
        "a text without a word is refused, and no operator of the index can be said",
        arguments: ["", "  ", "-- \"\" *"])
    func noWords(text: String) throws {
        let t = try TestEngine()
        #expect(throws: CallError.self) { try Self.ids(t) { $0.text = text } }
    }

    @Test("what was forgotten, or taken back, is not found, and the index of words agrees with what there is")
    func index() throws {
        let t = try TestEngine()
        try t.failing("INSERT ON errors", when: "NEW.message = 'refused here'")
        t.send(Errors.Report(message: "kept here"))
        t.send(Errors.Report(message: "refused here"))
        t.send(Errors.Report(message: "also kept here"))
        try t.commit()
        #expect(try Self.ids(t) { $0.text = "here" } == [2, 1])
        t.send(Errors.Report(message: "new here"))
        t.send(Errors.Clear(filter: Self.filter { $0.text = "kept" }), as: .root)
        try t.commit()
        #expect(try Self.ids(t) { $0.text = "here" } == [3])
        try t.restart()
        try t.call(Errors.Report(message: "another here"))
        #expect(try Self.ids(t) { $0.text = "here" } == [4, 3])
        try t.pass(31 * 86_400_000)
        try t.pass(60_000)
        #expect(try Self.ids(t) { $0.text = "here" } == [])
        try t.engine.database.writeWithoutTransaction { db in
            try db.execute(sql: "INSERT INTO errors_text (errors_text, rank) VALUES ('integrity-check', 1)")
        }
    }

    @Test("reports of a span of time are found however the clock was set")
    func clock() throws {
        let t = try TestEngine()
        let start = t.now.wallMs
        for _ in 0..<3 {
            try Self.report(t, "a")
            try t.pass(60_000)
        }
        t.clock.wallMs = start
        try Self.report(t, "a")
        try t.pass(3_600_000)
        try Self.report(t, "a")
        #expect(
            try Self.ids(t) {
                $0.since = Timestamp(start)
                $0.until = Timestamp(start + 59_999)
            } == [4, 1])
        #expect(try Self.ids(t) { $0.since = Timestamp(start + 60_000) } == [5, 3, 2])
        #expect(try Self.ids(t) { $0.since = Timestamp(t.now.wallMs + 60_000) } == [])
        #expect(try Self.ids(t) { $0.until = Timestamp(start - 60_000) } == [])
    }

    @Test("a page looks at so many rows and no more; the next one goes on there, and none is left out")
    func lookedAt() throws {
        var settings = EngineSettings()
        settings.groupReportsPerMinute = .max
        settings.userReportsPerMinute = .max
        let t = try TestEngine(settings: settings)
        let rare = [1, 2_500, 5_500, 10_250]
        for number in 1...11_000 {
            var report = Errors.Report(message: "m")
            report.type = rare.contains(number) ? "rare" : nil
            t.send(report)
        }
        try t.commit()
        for isExport in [false, true] {
            var (pages, after, seen): (Int, Int64?, [Int64]) = (0, nil, [])
            repeat {
                if isExport {
                    var call = Errors.Export(filter: Self.filter { $0.type = "rare" })
                    call.after = after
                    let answer = try t.call(call)
                    seen += answer.lines.compactMap { Int64($0.dropFirst(9).prefix { $0.isNumber }) }
                    after = answer.next
                } else {
                    var call = Errors.List(filter: Self.filter { $0.type = "rare" })
                    call.after = after
                    let answer = try t.call(call)
                    seen += answer.errors.map(\.error)
                    after = answer.next
                }
                pages += 1
            } while after != nil
            #expect(seen == (isExport ? [1, 2_500, 5_500, 10_250] : [10_250, 5_500, 2_500, 1]))
            #expect(pages == 3)
        }
    }
}

@Suite("Exporting and clearing reports")
struct ErrorExportTests {
    private static func engine(_ count: Int) throws -> TestEngine {
        let t = try TestEngine()
        for number in 0..<count {
            var report = Errors.Report(message: number == 0 ? "a \"b\",\nc" : "m\(number)")
            report.service = number.isMultiple(of: 2) ? "even" : "odd"
            t.send(report)
        }
        try t.commit()
        return t
    }

    @Test("lines come oldest first, page by page, within the bounds of an answer")
    func pages() throws {
        let t = try Self.engine(25)
        var (lines, sizes, after): ([String], [Int], Int64?) = ([], [], nil)
        repeat {
            var call = Errors.Export()
            call.format = .csv
            call.limit = PageSize(10)
            call.after = after
            let answer = try t.call(call)
            lines += answer.lines
            sizes.append(answer.lines.count)
            after = answer.next
        } while after != nil
        #expect(sizes == [11, 10, 5])
        #expect(lines[0].hasPrefix("error,group,occurred_at"))
        #expect(lines[1].contains(#","a ""b"",\#n"c","#) || lines[1].contains("\"a \"\"b\"\",\nc\""))
        #expect(lines.dropFirst().map { $0.prefix { $0 != "," } } == (1...25).map { "\($0)" })
    }

    @Test(
        "a text that a spreadsheet would take for a formula has an apostrophe before it, in CSV alone",
        arguments: [
            ("=1+1", ",'=1+1,"), ("+1", ",'+1,"), ("-1", ",'-1,"), ("@a", ",'@a,"), ("\ta", ",'\ta,"),
            ("=A(\"b\",1)", ",\"'=A(\"\"b\"\",1)\","), ("＝1", ",'＝1,"), ("1=1", ",1=1,"), ("'=1", ",'=1,"),
        ])
    func formulas(message: String, field: String) throws {
        let t = try TestEngine()
        try t.call(Errors.Report(message: message))
        var call = Errors.Export()
        #expect(try t.call(call).lines[0].contains(try WireEncoder.text(of: message)))
        call.format = .csv
        #expect(try t.call(call).lines[1].contains(field))
    }

    @Test("a long page ends before its answer is too long")
    func bytes() throws {
        var settings = EngineSettings()
        settings.answerMaxBytes = 64 << 10
        let t = try TestEngine(settings: settings)
        for _ in 1...20 { try t.call(Errors.Report(message: String(repeating: "x", count: 8_000))) }
        var (count, after): (Int, Int64?) = (0, nil)
        repeat {
            var call = Errors.Export()
            call.after = after
            let answer = try t.call(call)
            #expect((1...7).contains(answer.lines.count))
            count += answer.lines.count
            after = answer.next
        } while after != nil
        #expect(count == 20)
    }

    @Test("clearing goes by filter, page by page, tells what is left, and is for operators")
    func clear() throws {
        let t = try Self.engine(25)
        var filter = ErrorFilter()
        filter.service = "even"
        var call = Errors.Clear(filter: filter)
        call.limit = PageSize(10)
        let tried = try t.call(call, as: .root, meta: Meta(dryRun: true))
        #expect((tried.cleared, tried.remaining) == (10, 3))
        let first = try t.call(call, as: .root)
        #expect((first.cleared, first.remaining, first.next) == (10, 3, 19))
        call.after = first.next
        let second = try t.call(call, as: .root)
        #expect((second.cleared, second.remaining, second.next) == (3, 0, nil))
        #expect(try t.call(Errors.List()).errors.map(\.service) == Array(repeating: "odd", count: 12))
        #expect(Errors.Clear.role == .operator)
        #expect(try t.refusal(Errors.Clear(), as: .root)?.reason == .invalidParams)
    }

    @Test("a group goes with its last report, and what was counted stays")
    func groups() throws {
        let t = try TestEngine()
        try t.call(Errors.Report(message: "red"))
        try t.call(Errors.Report(message: "green"))
        var filter = ErrorFilter()
        filter.group = 1
        try t.call(Errors.Clear(filter: filter), as: .root)
        let groups = try t.engine.database.read { try Int64.fetchAll($0, sql: "SELECT id FROM error_groups") }
        #expect(groups == [2])
        let counted = try t.engine.database.read {
            try Int64.fetchOne($0, sql: "SELECT sum(count) FROM report_minutes")
        }
        #expect(counted == 2)
        #expect(try t.call(Errors.Report(message: "red")).isNew)
    }
}
