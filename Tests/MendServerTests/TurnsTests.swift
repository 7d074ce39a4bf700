import MendEngine
import MendProtocol
import Testing

@testable import MendServer

@Suite("Users take turns")
struct TurnsTests {
    @Test("the head of each user's line is taken in turn, and each line keeps its order")
    func turns() {
        var turns = Turns<String>()
        for item in ["a1", "a2", "a3"] { turns.add(item, of: 1) }
        turns.add("b1", of: 2)
        turns.add("c1", of: 3)
        turns.add("b2", of: 2)
        var taken: [String] = []
        while let next = turns.next() { taken.append(next) }
        #expect(taken == ["a1", "b1", "c1", "a2", "b2", "a3"])
        #expect(turns.isEmpty)
    }

    @Test("who comes later is next but for those who wait already")
    func late() {
        var turns = Turns<String>()
        for number in 1...100 { turns.add("a\(number)", of: 1) }
        #expect(turns.next() == "a1")
        turns.add("b1", of: 2)
        #expect([turns.next(), turns.next(), turns.next()] == ["a2", "b1", "a3"])
        #expect(turns.count == 97)
    }
}

@Suite("The writer's backlog")
struct BacklogTests {
    private final class Origin: CallOrigin {}
    private let origin = Origin()

    private func calls(_ numbers: ClosedRange<UInt64>, of uid: UInt32) -> [WriterCall] {
        numbers.map { number in
            .barrier(
                ticket: Ticket(origin: origin, number: number), caller: Caller(uid: uid, pid: 1, role: .client))
        }
    }

    private func numbers(_ calls: [WriterCall], of uid: UInt32) -> [UInt64] {
        calls.filter { $0.caller.uid == uid }.map(\.ticket.number)
    }

    @Test("few calls are one batch, in the order in which they came, whosever they are")
    func few() {
        var backlog = Backlog()
        let mixed = calls(1...3, of: 1) + calls(4...4, of: 2) + calls(5...5, of: 1)
        let batch = backlog.batch(adding: mixed)
        #expect(batch.map(\.ticket.number) == [1, 2, 3, 4, 5])
        #expect(backlog.isEmpty)
    }

    @Test("one who floods does not keep another from the next batch, and every call comes once, in its user's order")
    func flood() {
        var backlog = Backlog()
        let flood = backlog.batch(adding: calls(1...10_000, of: 1))
        #expect(flood.count == Backlog.batchLimit)
        var batch = backlog.batch(adding: calls(1...3, of: 2))
        #expect(batch.count == Backlog.batchLimit)
        #expect(numbers(batch, of: 2) == [1, 2, 3])
        var ofFlood = numbers(flood, of: 1)
        while !batch.isEmpty {
            ofFlood += numbers(batch, of: 1)
            batch = backlog.batch(adding: [])
        }
        #expect(ofFlood == Array(1...10_000))
        #expect(backlog.isEmpty)
    }

    @Test("large calls of one user fill a batch by their bytes, and another's are in it")
    func large() {
        var backlog = Backlog()
        let flood = calls(1...100, of: 1).map { call in
            var call = call
            call.bytes = 1 << 20
            return call
        }
        let first = backlog.batch(adding: flood)
        #expect(numbers(first, of: 1) == [1, 2, 3, 4])
        let batch = backlog.batch(adding: calls(1...2, of: 2))
        #expect(numbers(batch, of: 2) == [1, 2])
        #expect(numbers(batch, of: 1) == [5, 6, 7, 8])
        var rest = 0
        while case let batch = backlog.batch(adding: []), !batch.isEmpty { rest += batch.count }
        #expect(rest == 92)
    }

    @Test("two who flood share the batches")
    func share() {
        var backlog = Backlog()
        let batch = backlog.batch(adding: calls(1...5000, of: 1) + calls(1...5000, of: 2))
        #expect(numbers(batch, of: 1).count == Backlog.batchLimit / 2)
        #expect(numbers(batch, of: 2).count == Backlog.batchLimit / 2)
    }
}

@Suite("The turns of lines")
struct LineTurnsTests {
    private let ms: UInt64 = 1_000_000

    @Test("who needs much of the loop's time waits, who needs little does not, and time makes good for it")
    func share() {
        var turns = LineTurns<String>()
        #expect(turns.mayBegin(1, at: 100 * ms))
        turns.ended(1, from: 100 * ms, to: 110 * ms)
        #expect(!turns.mayBegin(1, at: 110 * ms))
        #expect(turns.mayBegin(2, at: 110 * ms))
        #expect(!turns.mayBegin(1, at: 115 * ms))
        #expect(turns.mayBegin(1, at: 116 * ms))
    }

    @Test("short lines are handled as they come as long as they take no more than half of the time")
    func half() {
        var turns = LineTurns<String>()
        for step in 1...1000 {
            let now = UInt64(step) * ms
            #expect(turns.mayBegin(1, at: now))
            turns.ended(1, from: now, to: now + ms / 2)
        }
    }
}
