import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Configuring a queue")
struct QueueConfigureTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    @Test("a queue begins with its settings, before it is first used")
    func begins() throws {
        let settings = try t.configure(.mail) { $0.maxConcurrent = .number(3) }
        #expect(settings.maxConcurrent == 3)
        #expect(settings.maxSize == 1_000_000)
        #expect(settings.leaseMs == 60_000)
        #expect(settings.poisonLosses == 3)
        #expect(try t.settings() == settings)
    }

    @Test("what is left out stays, null takes a setting back, and both hold over a restart")
    func changes() throws {
        try t.configure {
            $0.maxSize = .number(5)
            $0.rate = try? .perSecond(2.5)
            $0.leaseMs = .number(1_000)
            $0.policy = .to(.named(.quick))
            $0.producers = .to(Members(users: [1000], groups: []))
            $0.breaker = .to(.smtp)
        }
        try t.configure { $0.maxSize = .number(6) }
        try t.restart()
        let kept = try t.configure { $0.leaseMs = .unset }
        #expect(kept.maxSize == 6)
        #expect(kept.rate == 2.5)
        #expect(kept.burst == 3, "a second's worth")
        #expect(kept.leaseMs == 60_000)
        #expect(kept.policy == .named(.quick))
        #expect(kept.producers == Members(users: [1000], groups: []))
        #expect(kept.breaker == .smtp)
        let cleared = try t.configure {
            $0.maxSize = .unset
            $0.rate = .unset
            $0.policy = .unset
            $0.producers = .unset
            $0.breaker = .unset
        }
        #expect(cleared == QueueSettings(maxSize: 1_000_000, leaseMs: 60_000, poisonLosses: 3))
        #expect(try t.number("SELECT count(*) FROM queues WHERE settings IS NULL") == 1)
    }

    @Test("a misspelt policy, a burst without a rate and too many members are refused, and nothing is changed")
    func refused() throws {
        try t.configure { $0.maxSize = .number(5) }
        func refusal(_ change: (inout Queue.Configure) -> Void) throws -> String? {
            try t.refusal(t.configuring(.mail, change), as: .root)?.field
        }
        #expect(try refusal { $0.policy = .to(.named(Name(unchecked: "quik"))) } == "policy")
        #expect(try refusal { $0.burst = .number(2) } == "burst")
        #expect(
            try refusal { $0.producers = .to(Members(users: Array(0...200), groups: Array(0...60))) } == "producers")
        #expect(try t.settings() == t.configure { _ in })
        #expect(
            try t.refusal(t.configuring(.undoOfAda) { $0.consumers = .to(Members()) }, as: .root)?.field == "consumers")
        #expect(try t.read(Queue.Stats(queue: .undoOfAda)).queues.isEmpty)
    }

    @Test("a queue's size limit stands over the daemon's")
    func maxSize() throws {
        try t.configure { $0.maxSize = .number(1) }
        try t.enqueue()
        #expect(try t.refusal(.enqueue())?.reason == .queueFull)
        try t.configure { $0.maxSize = .unset }
        try t.enqueue()
    }

    @Test("operations without a policy take their queue's, and others keep their own")
    func policy() throws {
        try t.configure { $0.policy = .to(.every(700, maxAttempts: 2)) }
        try t.enqueue()
        try t.enqueue(policy: .every(50))
        let first = try t.takeOne()
        #expect(first.maxAttempts == 2)
        #expect(try t.fail(first).retryAt == t.now.wallMs + 700)
        let second = try t.takeOne()
        #expect(second.maxAttempts == 5)
        #expect(try t.fail(second).retryAt == t.now.wallMs + 50)
    }

    @Test("a queue's lease time and poison limit stand over the daemon's")
    func leases() throws {
        try t.configure {
            $0.leaseMs = .number(1_000)
            $0.poisonLosses = .number(1)
        }
        let operation = try t.enqueue()
        #expect(try t.takeOne().leaseUntilAt == t.now.wallMs + 1_000)
        try t.pass(1_000)
        #expect(try t.state(operation) == .dead)
    }

    @Test("only producers may enqueue: by user, by group, and operators always")
    func producers() throws {
        try t.configure { $0.producers = .to(Members(users: [1000], groups: [50])) }
        try t.enqueue(as: .ada)
        let refusal = try #require(try t.refusal(.enqueue(key: "k"), as: .bob))
        #expect(refusal.reason == .permissionDenied)
        #expect(refusal.field == "queue")
        #expect(refusal.hint?.contains("1001") == true)
        var bob = Caller.bob
        bob.groups = [1001, 50]
        try t.enqueue(as: bob)
        try t.enqueue(as: .root)
        #expect(try t.takeOne(as: .bob).operation == 1, "whoever may lease is another setting")
        let step = Transaction.Step(
            transaction: try t.begin(as: .bob), name: "s", undo: Transaction.Undo(queue: .mail, payload: "1"))
        #expect(try t.refusal(step, as: .bob)?.field == "undo.queue")
    }

    @Test("only consumers may lease, and the others are told so before anything is taken")
    func consumers() throws {
        try t.configure { $0.consumers = .to(Members(users: [1001])) }
        let operation = try t.enqueue(as: .ada)
        let onPrint = try t.enqueue(.print)
        let refusal = try t.refusal(.lease([.print, .mail]), as: .ada)
        #expect(refusal?.reason == .permissionDenied)
        #expect(refusal?.field == "queues[1]")
        #expect(try t.state(onPrint) == .ready)
        #expect(try t.take(.mail, as: .bob).map(\.operation) == [operation])
        try t.configure { $0.consumers = .to(Members(users: [])) }
        try t.enqueue()
        #expect(try t.refusal(.lease(), as: .bob)?.reason == .permissionDenied)
        #expect(try t.take(.mail, as: .root).count == 1, "operators may always")
        try t.configure { $0.consumers = .unset }
        #expect(try t.refusal(.lease(), as: .ada) == nil)
    }

    @Test("who waits and is no longer admitted is told, and keeps nobody behind it waiting")
    func consumersChangedWhileWaiting() throws {
        let shutOut = t.sendWait(.area, .mail, as: .ada)
        let admitted = t.sendWait(.mail, as: .bob)
        try t.commit()
        t.send(t.configuring { $0.consumers = .to(Members(users: [1001])) }, as: .root)
        t.send(.enqueue(.area))
        let operation = t.send(.enqueue())
        try t.commit()
        #expect(t.refusal(shutOut)?.reason == nil, "the other queue served it")
        #expect(try t.got(admitted) == [try #require(try t.answer(operation)).operation])
        let again = t.sendWait(.mail, as: .bob)
        try t.commit()
        try t.configure { $0.consumers = .to(Members(users: [1000])) }
        #expect(t.refusal(again)?.reason == .permissionDenied)
    }

    @Test("more queues than one answer holds come page by page")
    func pages() throws {
        for index in 0..<7 { try t.enqueue(Name(unchecked: "queue-\(index)")) }
        var (names, after): ([Name], Name?) = ([], nil)
        repeat {
            let page = try t.read(Queue.Stats(limit: PageSize(3), after: after))
            #expect(page.queues.count <= 3)
            names += page.queues.map(\.queue)
            after = page.next
        } while after != nil
        #expect(names == (0..<7).map { Name(unchecked: "queue-\($0)") })
    }
}

extension Name {
    fileprivate static let area = Name(unchecked: "area")
    fileprivate static let smtp = Name(unchecked: "smtp")
}
