import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("One commit for many calls")
struct CommitTests {
    private let t: TestEngine
    init() throws { t = try TestEngine() }

    private let large = RawJSON.string(String(repeating: "x", count: 200_000))

    @Test("a call that is refused leaves the others of its batch alone")
    func refused() throws {
        let first = t.send(.enqueue(.mail, "1"))
        let refused = t.send(Queue.Cancel(operation: 99))
        let second = t.send(.enqueue(.mail, "2"))
        try t.commit()
        #expect(t.refusal(refused)?.reason == .notFound)
        #expect(try t.answer(first) != nil && t.answer(second) != nil)
        #expect(try t.take(.mail, max: 9).map(\.payload) == ["1", "2"])
    }

    @Test("calls of a batch see what the ones before them did")
    func inOrder() throws {
        let enqueued = t.send(.enqueue())
        let leased = t.send(.lease())
        let empty = t.send(.lease())
        try t.commit()
        #expect(try t.got(leased) == [try #require(try t.answer(enqueued)).operation])
        #expect(try t.got(empty) == [])
    }

    @Test("a call that fails after it changed something is rolled back alone")
    func rolledBackAlone() throws {
        let waiting = t.sendWait(.print)
        try t.commit()
        try t.failing("INSERT ON operations", when: "NEW.payload = '13'")
        let first = t.send(.enqueue(.mail, "1"))
        let newQueue = t.send(.enqueue(.unlucky, "13"))
        let failing = t.send(.enqueue(.mail, "13", key: "k"))
        let second = t.send(.enqueue(.mail, "2", key: "k"))
        let third = t.send(.enqueue(.print, "3"))
        try t.commit()
        for failed in [newQueue, failing] {
            #expect(t.refusal(failed)?.reason == .internalError)
            #expect(t.refusal(failed)?.message.contains("planted") == true)
        }
        let kept = try [first, second, third].map { try #require(try t.answer($0)).operation }
        #expect(try t.answer(second)?.deduplicated == false)
        #expect(try t.got(waiting) == [kept[2]])
        #expect(Set(kept).count == 3)
        #expect(try t.take(.mail, max: 9).map(\.operation) == [kept[0], kept[1]])
        #expect(try t.read(Queue.Stats()).queues.map(\.queue) == [.mail, .print], "the queue was not made")
        #expect(try t.miscounted().isEmpty)
        try t.failNoMore()
        #expect(try t.enqueue(.unlucky, "13") > kept.max() ?? 0)
    }

    @Test("what a call did before it failed is taken back over all tables")
    func takenBackWhole() throws {
        let transaction = try t.begin()
        try t.step(transaction, "1")
        try t.step(transaction, "2")
        try t.rollback(transaction)
        let undo = try t.takeOne(.undos)
        try t.failing("INSERT ON operations", when: "NEW.step = 1")
        let failing = t.send(Queue.Complete(operation: undo.operation, lease: undo.lease))
        let other = t.send(.enqueue(.mail, "1"))
        try t.commit()
        #expect(t.refusal(failing)?.reason == .internalError)
        #expect(try t.answer(other) != nil)
        #expect(try t.state(undo.operation) == .leased)
        #expect(try t.steps(transaction).map(\.state) == [.confirmed, .undoing])
        #expect(try t.counts(.undos).done == 0)
        #expect(try t.miscounted().isEmpty)
        try t.failNoMore()
        try t.complete(undo)
        #expect(try t.takeOne(.undos).payload == "1")
    }

    @Test("a wait that began in a batch with a failing call still waits, and is answered once")
    func waitBesideFailure() throws {
        try t.failing("INSERT ON operations", when: "NEW.payload = '13'")
        let before = t.sendWait(.mail)
        t.send(.enqueue(.mail, "13"))
        let after = t.sendWait(.mail)
        try t.commit()
        #expect(try t.got(before) == nil)
        let ids = try [t.enqueue(), t.enqueue()]
        #expect(try [t.got(before), t.got(after)] == [[ids[0]], [ids[1]]])
    }

    @Test("an id that was answered is never given again, over failures and restarts")
    func idsAreNeverReused() throws {
        try t.failing("INSERT ON operations", when: "NEW.payload = '13'")
        var operations: [Int64] = []
        var leases: [Int64] = []
        var transactions: [Int64] = []
        for round in 0..<30 {
            let sent = [t.send(.enqueue(.mail, "1")), t.send(.enqueue(.mail, "13")), t.send(.enqueue(.mail, "2"))]
            let leased = t.send(.lease(max: 2))
            try t.commit()
            operations += sent.compactMap { try? t.answer($0)?.operation }
            for leased in try t.answer(leased)?.operations ?? [] {
                leases.append(leased.lease)
                try t.complete(leased)
            }
            transactions.append(try t.begin())
            if round % 3 == 0 { try t.restart() }
            if round % 5 == 0 { try t.reboot(awayMs: -1_000) }
            // Everything that has ended is forgotten, so that no row tells which ids there were.
            if round % 7 == 0 { try t.pass(86_400_000) }
        }
        for ids in [operations, leases, transactions] {
            #expect(ids.count >= 30)
            #expect(zip(ids, ids.dropFirst()).allSatisfy(<))
        }
    }

    @Test("a full disk: what does not fit says so, what fits is done, and it recovers by itself")
    func diskFull() throws {
        let ready = try t.enqueue(.mail, "1")
        try t.fillDisk()
        let waiting = t.sendWait(.print)
        let leased = t.send(.lease())
        let tooLarge = t.send(.enqueue(.mail, large))
        let alsoTooLarge = t.send(.enqueue(.mail, large))
        try t.commit()
        for refused in [tooLarge, alsoTooLarge] {
            #expect(t.refusal(refused)?.reason == .diskFull)
            #expect(t.refusal(refused)?.retryAfterMs != nil)
        }
        let held = try #require(try t.answer(leased)?.operations.first)
        #expect(held.operation == ready)
        #expect(try t.state(ready) == .leased)
        #expect(try t.complete(held) == .done)
        #expect(try t.got(waiting) == nil)
        #expect(try t.miscounted().isEmpty)
        try t.freeDisk()
        let operation = try t.enqueue(.print, large)
        #expect(try t.got(waiting) == [operation])
        #expect(operation > ready)
        #expect(try t.miscounted().isEmpty)
    }

    @Test("while space is short, new work is refused, and what ends work goes on")
    func shortOfSpace() throws {
        for _ in 0..<6 { try t.enqueue(policy: .every(10)) }
        let leased = try t.take(.mail, max: 5)
        let transaction = try t.begin()
        try t.step(transaction, confirm: false)
        let waiting = t.sendWait(.print, waitMs: 600_000)
        try t.commit()
        t.engine.noteSpace(isShort: true)
        #expect(try t.refusal(.enqueue(.print))?.reason == .diskFull)
        #expect(try t.refusal(.lease())?.reason == .diskFull)
        #expect(try t.refusal(Transaction.Begin(name: .deploy))?.reason == .diskFull)
        #expect(try t.refusal(Errors.Report(message: "m"))?.reason == .diskFull)
        try t.complete(leased[0])
        try t.fail(leased[1])
        try t.call(Queue.Extend(operation: leased[2].operation, lease: leased[2].lease))
        try t.call(Queue.Release(operation: leased[3].operation, lease: leased[3].lease))
        try t.call(Transaction.Confirm(transaction: transaction, step: 1))
        #expect(try t.rollback(transaction) == .rollingBack)
        #expect(try t.state(leased[0].operation) == .done)
        try t.pass(60_000)
        #expect(try t.counts().ready == 5, "timers go on")
        t.engine.noteSpace(isShort: false)
        let operation = try t.enqueue(.print)
        #expect(try t.got(waiting) == [operation])
        #expect(try t.number("SELECT count(*) FROM events WHERE kind LIKE 'space.%'") == 2)
        #expect(
            try t.number("SELECT count(*) FROM events WHERE details = '{\"reports_refused\":1}'") == 1)
    }

    @Test("a full disk takes nothing of a call that fits only in part")
    func diskFullInPart() throws {
        try t.enqueue(.mail, "1")
        try t.fillDisk()
        let refused = t.send(.enqueue(.print, large, key: "k"))
        try t.commit()
        #expect(t.refusal(refused)?.reason == .diskFull)
        #expect(try t.read(Queue.Stats()).queues.map(\.queue) == [.mail])
        try t.freeDisk()
        #expect(try !t.call(.enqueue(.print, "2", key: "k")).deduplicated)
    }

    @Test("those who wait still wait when what they were to get did not fit, and get it when there is space")
    func waitOverFullDisk() throws {
        for _ in 0..<100 { t.send(.enqueue(delayMs: 1_000)) }
        // Each lease makes its row longer by the worker's name.
        let waiting = (0..<100).map { _ in
            t.send(
                Queue.Lease(
                    queues: [.mail], waitMs: Milliseconds(600_000), worker: String(repeating: "w", count: 128)))
        }
        try t.commit()
        try t.fillDisk()
        try t.pass(1_000)
        #expect(try t.counts().scheduled == 100)
        #expect(try waiting.allSatisfy { try t.got($0) == nil })
        try t.freeDisk()
        try t.pass(60_000)
        #expect(try waiting.allSatisfy { try t.got($0)?.count == 1 })
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a report of a call that was taken back is neither kept nor counted")
    func reportTakenBack() throws {
        try t.enqueue()
        let leased = try t.takeOne()
        try t.failing("UPDATE ON operations", when: "NEW.state = 1")
        let failing = t.send(.fail(leased))
        t.send(.enqueue())
        try t.commit()
        #expect(t.refusal(failing)?.reason == .internalError)
        #expect(try t.read(System.Status()).errors == System.Status.ErrorCounts(reports: 0, groups: 0))
        #expect(try t.read(Errors.List()).errors.isEmpty)
        try t.failNoMore()
        #expect(try t.fail(leased).verdict.isNew)
    }

    @Test("a commit that fails for another reason ends it, and nothing of it is kept")
    func commitFails() throws {
        try t.enqueue(.mail, "1")
        try t.execute(
            """
            PRAGMA foreign_keys = ON;
            CREATE TABLE parents (id INTEGER PRIMARY KEY);
            CREATE TABLE children (parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER orphan AFTER INSERT ON operations BEGIN INSERT INTO children VALUES (1); END
            """)
        let sent = t.send(.enqueue(.mail, "2"))
        #expect(throws: CommitFailed.self) { try t.commit() }
        #expect(try t.answer(sent) == nil)
        try t.execute("DROP TRIGGER orphan")
        try t.restart()
        #expect(try t.take(.mail, max: 9).map(\.payload) == ["1"])
        #expect(try t.miscounted().isEmpty)
    }

    @Test("a disk that cannot be written ends it, whatever the call was about")
    func diskFails() throws {
        try t.enqueue(.mail, "1")
        try t.execute("PRAGMA query_only = 1")
        let sent = t.send(.enqueue(.mail, "2"))
        #expect(throws: CommitFailed.self) { try t.commit() }
        #expect(try t.answer(sent) == nil)
    }

    @Test("a batch that only enqueues writes its queue's row and not that of counters; ids and the clock go on from it")
    func countersOfQueues() throws {
        let first = try t.enqueue()
        let counted = try t.number("SELECT operation FROM counters")
        t.wait(5_000)
        let last = try t.enqueue()
        #expect(last == first + 1)
        #expect(try t.number("SELECT operation FROM counters") == counted)
        let elapsed = try t.number("SELECT last_elapsed FROM queues")
        #expect(try t.number("SELECT last_elapsed FROM counters") == elapsed - 5_000)
        try t.reboot(awayMs: 0)
        #expect(try t.number("SELECT last_elapsed FROM counters") >= elapsed)
        #expect(try t.enqueue() == last + 1)
    }

    @Test("a batch without calls and without anything due writes nothing")
    func nothingToDo() throws {
        try t.enqueue(delayMs: 10_000)
        try t.commit()
        let before = try t.number("SELECT last_elapsed FROM counters")
        try t.pass(5_000)
        #expect(try t.number("SELECT last_elapsed FROM counters") == before)
    }
}
