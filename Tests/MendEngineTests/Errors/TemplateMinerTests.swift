import MendProtocol
import Testing

@testable import MendEngine

@Suite("Mining of templates")
struct TemplateMinerTests {
    /// Groups as they would be counted: each new template is a group until it is merged.
    struct Groups {
        var miner = TemplateMiner()
        var into: [Int64: Int64] = [:]
        private var last: Int64 = 0

        mutating func add(_ message: String, space: UInt64 = 0) -> Int64 {
            let shape = MessageShape(message)
            if let group = miner.group(of: shape, in: space) ?? miner.search(shape.words(of: message), in: space) {
                return group
            }
            last += 1
            for merge in miner.add(shape.words(of: message), in: space, group: last) {
                for group in merge.groups { into[group] = merge.into }
            }
            return last
        }

        func end(of group: Int64) -> Int64 { into[group].map(end) ?? group }

        /// The number of groups that the messages are in at the end.
        mutating func count(_ messages: [String]) -> Int {
            let groups = messages.map { add($0) }
            return Set(groups.map(end)).count
        }
    }

    static func count(_ words: [String], _ message: (String) -> String) -> Int {
        var groups = Groups()
        return groups.count(words.map(message))
    }

    static let names = ["ada", "bob", "cyd", "dan", "eve"]

    @Test("a word that varies is found once five messages differ in it")
    func found() {
        #expect(Self.count(Self.names.dropLast(1)) { "cannot send mail to \($0) today" } == 4)
        #expect(Self.count(Self.names) { "cannot send mail to \($0) today" } == 1)
    }

    @Test("after that any word is met there, and the group is the oldest")
    func met() {
        var groups = Groups()
        let first = groups.add("no mailbox for ada here")
        for name in Self.names { _ = groups.add("no mailbox for \(name) here") }
        #expect(groups.add("no mailbox for fay here") == first)
        #expect(groups.add("no mailbox for user77 here") == first)
        #expect(groups.add("no calendar for fay here") != first)
    }

    @Test("a number is met where a word is, for something is named there")
    func numbers() {
        #expect(Self.count(["root", "u1001"]) { "invalid user \($0) from 10.0.0.1" } == 1)
        #expect(Self.count(["refused", "17"]) { "the server \($0) the call" } == 2, "it says what happened")
    }

    @Test("two words that vary are found one after the other")
    func two() {
        let messages = Self.names.flatMap { one in Self.names.map { "copy \(one) over \($0) failed" } }
        var groups = Groups()
        #expect(groups.count(messages) == 1)
        #expect(groups.add("copy fay over gil failed") == 1)
    }

    @Test("two words that vary are found where no two messages share one of them")
    func twoAtOnce() {
        let names = (0..<16).map { String(repeating: "n", count: $0 + 1) }
        #expect(Self.count(Array(names.dropLast())) { "cannot copy \($0) over \($0)s" } == 15)
        #expect(Self.count(names) { "cannot copy \($0) over \($0)s" } == 1)
    }

    @Test("a word that is there twice varies at both places")
    func repeated() {
        #expect(Self.count(Self.names) { "mail from \($0) to \($0)" } == 1)
    }

    @Test("the order of the messages does not matter", arguments: 1...5 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        let messages = Self.names.flatMap { one in
            Self.names.map { "copy \(one) over \($0) failed" } + [
                "mail to \(one) was lost", "disk is full", "disk is slow",
            ]
        }
        var random = RandomSource(seed: seed)
        var shuffled = messages
        for place in shuffled.indices.dropLast() {
            shuffled.swapAt(place, place + Int(random.next() % UInt64(shuffled.count - place)))
        }
        var groups = Groups()
        #expect(groups.count(shuffled) == 4)
    }

    @Test(
        "words that say what happened stay",
        arguments: [
            ["refused", "reset", "aborted", "closed", "dropped", "terminated", "interrupted"],
            ["EACCES", "ENOENT", "EPERM", "EIO", "EBUSY"],
            ["IOException", "SocketException", "TimeoutException", "ValueError", "KeyError", "NullPointerException"],
        ])
    func happenings(words: [String]) {
        #expect(Self.count(words) { "write of the file failed: \($0) while closing" } == words.count)
    }

    @Test("the first word is what a message is about, until it is seen to vary")
    func firstWord() {
        let names = (0..<12).map { String(repeating: "n", count: $0 + 1) }
        #expect(Self.count(Array(names.dropLast(1))) { "\($0) set to 5" } == 11)
        #expect(Self.count(names) { "\($0) set to 5" } == 1)
    }

    @Test("what has nothing else in common is merged late or never")
    func lone() {
        let names = (0..<48).map { String(repeating: "n", count: $0 + 1) }
        #expect(Self.count(names) { $0 } == 48)
        #expect(Self.count(Array(names.dropLast(1))) { "lost \($0)" } == 47)
        #expect(Self.count(names) { "lost \($0)" } == 1)
    }

    @Test("templates of other codes, types and frames do not meet")
    func spaces() {
        var groups = Groups()
        let ids = Self.names.enumerated().map { groups.add("no mailbox for \($1) here", space: UInt64($0)) }
        #expect(Set(ids.map(groups.end)).count == 5)
    }

    @Test("a miner that is made again from its templates goes on as it was")
    func restored() {
        var groups = Groups()
        let messages = Self.names.flatMap { ["copy \($0) over x failed", "mail from \($0) to \($0)", "lost \($0)"] }
        _ = groups.count(messages)
        var again = TemplateMiner()
        for template in groups.miner.templates.sorted(by: { $0.key < $1.key }).map(\.value) {
            again.load([TemplateWord](stored: template.words.stored), in: template.space, group: template.group)
        }
        for message in messages + ["copy fay over x failed", "mail from x7 to fay"] {
            let shape = MessageShape(message)
            let group = again.group(of: shape, in: 0) ?? again.search(shape.words(of: message), in: 0)
            #expect(group == groups.add(message), "\(message)")
        }
    }

    @Test("it has a bound, beyond which the oldest templates are forgotten first")
    func bounded() {
        var groups = Groups()
        func text(_ number: Int) -> String {
            String(String(number).utf8.map { Character(UnicodeScalar($0 - 48 + 97)) })
        }
        for name in Self.names { _ = groups.add("no mailbox for \(name) at all") }
        for number in 10_000..<10_500 + TemplateMiner.maxTemplates { _ = groups.add(text(number)) }
        #expect(groups.miner.templates.count <= TemplateMiner.maxTemplates)
        #expect(groups.add("no mailbox for fay at all") == 1, "what was found stays")
    }

    @Test("a number does not make a varying part of what says what happened")
    func wordsBesideNumbers() {
        for messages in [
            ["job 17", "job refused", "job ConnectionError", "job timeout"],
            ["17 failed", "payment failed", "login failed"],
            ["17", "timeout", "unauthorized"], ["worker 3 was started", "worker 3 was refused"],
        ] {
            var groups = Groups()
            #expect(Set(messages.map { groups.add($0) }).count == messages.count, "\(messages)")
        }
        var groups = Groups()
        let same = ["connect to 10.0.0.7 failed", "connect to warehouse failed", "connect to stock failed"]
        #expect(Set(same.map { groups.add($0) }).count == 1)
    }
}
