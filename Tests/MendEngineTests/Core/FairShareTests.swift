import MendProtocol
import Testing

@testable import MendEngine

@Suite("No user takes everything")
struct FairShareTests {
    private func engine() throws -> TestEngine {
        var settings = EngineSettings()
        settings.waitersMaxCount = 8
        settings.queueMaxCount = 8
        return try TestEngine(settings: settings)
    }

    @Test("a user that is no operator has a quarter of the calls that may wait; others wait meanwhile")
    func waits() throws {
        let t = try engine()
        let waiting = [t.sendWait(.mail), t.sendWait(.mail)]
        let refused = t.sendWait(.mail)
        let other = t.sendWait(.mail, as: .bob)
        try t.commit()
        #expect(t.refusal(refused)?.reason == .unavailable)
        #expect(t.refusal(refused)?.message == "2 calls of yours wait already")
        let operations = try (0..<3).map { _ in try t.enqueue() }
        #expect(try waiting.map { try t.got($0) } == [[operations[0]], [operations[1]]])
        #expect(try t.got(other) == [operations[2]])
        let again = t.sendWait(.mail)
        try t.commit()
        #expect(t.refusal(again) == nil, "there is room again")
    }

    @Test("an operator may have all waits but those of others, and no more than there are")
    func operators() throws {
        let t = try engine()
        let waiting = (0..<9).map { _ in t.sendWait(.mail, as: .root) }
        try t.commit()
        #expect(waiting.map { t.refusal($0)?.message } == Array(repeating: nil, count: 8) + ["8 calls wait already"])
    }

    @Test("a rollback whose wait has no room is begun all the same, and answers how it is")
    func rollback() throws {
        let t = try engine()
        let transaction = try t.begin()
        try t.step(transaction)
        let operation = try t.enqueue()
        for _ in 0..<2 { t.send(Queue.Wait(operation: operation, waitMs: Milliseconds(unchecked: 1_000))) }
        try t.commit()
        let rollback = Transaction.Rollback(transaction: transaction, waitMs: Milliseconds(unchecked: 1_000))
        #expect(try t.call(rollback).state == .rollingBack)
        #expect(try t.refusal(Transaction.Wait(transaction: transaction))?.reason == .unavailable)
    }

    @Test("a user that is no operator makes a quarter of the queues, with those of its undos; others make theirs")
    func queues() throws {
        let t = try engine()
        try t.enqueue(.mail)
        let transaction = try t.begin()
        try t.step(transaction, undo: .undos)
        let refusal = try t.refusal(.enqueue(.print))
        #expect(refusal?.reason == .tooLarge)
        #expect(refusal?.message == "user 1000 has made 2 queues already")
        let step = Transaction.Step(
            transaction: transaction, name: "s", undo: Transaction.Undo(queue: .print, payload: "1"))
        #expect(try t.refusal(step)?.reason == .tooLarge)
        try t.enqueue(.print, as: .bob)
        try t.enqueue(.print)
        for number in 0..<5 { try t.enqueue(Name(unchecked: "q\(number)"), as: .root) }
        #expect(try t.refusal(.enqueue(.high), as: .root)?.message == "there are 8 queues already")
    }
}
