import Testing

@testable import MendServer

@Suite("The order of answers")
struct ReplyOrderTests {
    private static func line(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("an answer that is ready early waits for the ones before it")
    func early() {
        var order = ReplyOrder()
        var out: [UInt8] = []
        let (first, second, third) = (order.open(), order.open(), order.open())
        order.settle(second, Self.line("b"), into: &out)
        order.settle(third, Self.line("c"), into: &out)
        #expect(out.isEmpty)
        order.settle(first, Self.line("a"), into: &out)
        #expect(out == Self.line("abc"))
        #expect(!order.isWaiting)
    }

    @Test("an answer has passed only when those before it have")
    func passed() {
        var order = ReplyOrder()
        var out: [UInt8] = []
        let (first, second) = (order.open(), order.open())
        order.settle(second, Self.line("b"), into: &out)
        #expect(!order.hasPassed(second))
        order.settle(first, Self.line("a"), into: &out)
        #expect(order.hasPassed(first) && order.hasPassed(second))
    }

    @Test("a notification holds its place and leaves nothing there")
    func notification() {
        var order = ReplyOrder()
        var out: [UInt8] = []
        let (notification, request) = (order.open(), order.open())
        order.settle(request, Self.line("a"), into: &out)
        order.settle(notification, [], into: &out)
        #expect(out == Self.line("a"))
    }

    @Test("any order of settling gives the order of opening", arguments: 0..<50)
    func anyOrder(seed: UInt64) {
        var random = Generator(state: seed)
        var order = ReplyOrder()
        var out: [UInt8] = []
        let slots = (0..<20).map { _ in order.open() }
        for slot in slots.shuffled(using: &random) { order.settle(slot, [UInt8(slot)], into: &out) }
        #expect(out == Array(0..<20))
    }

    /// A linear congruential generator: enough for shuffling.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }
}

@Suite("The answers of a batch")
struct BatchTests {
    @Test("a batch is one line, once the last answer is there, without its notifications")
    func whole() {
        let batch = Batch(slot: 0, count: 3, maxBytes: 4096)
        #expect(batch.settle(2, Array("{2}\n".utf8)) == nil)
        #expect(batch.settle(1, []) == nil)
        #expect(batch.settle(0, Array("{0}\n".utf8)) == Array("[{0},{2}]\n".utf8))
    }

    @Test("a batch of notifications is answered by nothing")
    func notifications() {
        let batch = Batch(slot: 0, count: 2, maxBytes: 4096)
        #expect(batch.settle(0, []) == nil)
        #expect(batch.settle(1, []) == [])
    }
}
