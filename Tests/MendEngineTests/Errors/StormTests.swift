import MendProtocol
import Testing

@testable import MendEngine

/// Storms of reports: one crash loop cannot push out everybody else's evidence.
@Suite("Storms of reports")
struct StormTests {
    @Test("above 100 reports a minute of a group only counts are kept, and the verdict is still answered")
    func group() throws {
        let store = try ErrorStore()
        let verdicts = try (0..<150).map { _ in try store.report("connection refused") }
        #expect(verdicts.map(\.occurrences) == Array(1...150))
        #expect(verdicts.map(\.error) == Array(1...100) + Array(repeating: 100, count: 50))
        #expect(verdicts.map { $0.sampled == true } == (1...150).map { $0 > 100 })
        #expect(Set(verdicts.map(\.strategy)).count == 1)
        #expect(try store.count("errors") == 100)
        #expect(try store.get(verdicts[149].error).message == "connection refused")
        // Others are not concerned, and neither is the next minute.
        #expect(try store.report("no space left").sampled == nil)
        store.now.elapsedMs += 60_000
        let next = try store.report("connection refused")
        #expect((next.sampled, next.occurrences) == (nil, 151))
        #expect(try store.get(next.error).group == verdicts[0].group)
    }

    @Test("a storm is told of once a minute")
    func told() throws {
        let store = try ErrorStore()
        for _ in 0..<300 { try store.report("connection refused") }
        #expect(try store.events(.reportsSampled) == ["more than 100 reports in a minute: the rest is only counted"])
        store.now.elapsedMs += 60_000
        for _ in 0..<300 { try store.report("connection refused") }
        #expect(try store.events(.reportsSampled).count == 2)
    }

    @Test("a user beyond its quota is only counted, however different its reports are, and others are not concerned")
    func user() throws {
        let store = try ErrorStore()
        for number in 0..<1_000 { #expect(try store.report("\(letters(number))").sampled == nil) }
        let known = try store.report("\(letters(7))")
        #expect((known.sampled, known.occurrences, known.error) == (true, 2, 8))
        let overflow = try (1_000..<1_150).map { try store.report("\(letters($0))") }
        #expect(Set(overflow.map(\.group)).count == 1, "what is new has one group, lest groups have no bound")
        #expect(overflow.map(\.sampled) == [nil] + Array(repeating: true, count: 149), "one of it is kept to look at")
        #expect(try store.count("errors") == 1_001)
        #expect(try store.count("error_groups") == 1_001)
        #expect(
            try store.events(.reportsSampled).first
                == "user 1000 has sent 1000 reports in a minute: the rest is only counted")
        store.caller.uid = 1001
        #expect(try store.report("at home").sampled == nil)
        store.caller.uid = 1000
        store.now.elapsedMs += 60_000
        #expect(try store.report("\(letters(2_000))").sampled == nil)
    }

    @Test("what an operation failed with is kept beyond the quota: it is named by the operation")
    func operation() throws {
        var settings = EngineSettings()
        settings.userReportsPerMinute = 1
        let t = try TestEngine(settings: settings)
        try t.call(Errors.Report(message: "one"))
        #expect(try t.call(Errors.Report(message: "two")).sampled == nil, "the first of the group of the rest")
        #expect(try t.call(Errors.Report(message: "three")).sampled == true)
        try t.enqueue()
        let verdict = try t.fail(try t.takeOne()).verdict
        #expect(verdict.sampled == nil)
        #expect(try t.call(Errors.Get(error: verdict.error)).message == "it did not work")
    }

    @Test("a call that is taken back does not use up the quota")
    func takenBack() throws {
        var settings = EngineSettings()
        settings.userReportsPerMinute = 2
        let t = try TestEngine(settings: settings)
        try t.failing("INSERT ON errors", when: "NEW.message = 'refused'")
        for _ in 0..<5 { #expect(throws: CallError.self) { try t.call(Errors.Report(message: "refused")) } }
        #expect(try t.call(Errors.Report(message: "one")).sampled == nil)
        #expect(try t.call(Errors.Report(message: "two")).sampled == nil)
        #expect(try t.call(Errors.Report(message: "one")).sampled == true)
    }

    /// A number as letters: digits would be taken out of a message.
    private func letters(_ number: Int) -> String {
        String(String(number).utf8.map { Character(UnicodeScalar($0 - 48 + 97)) })
    }
}
