import MendProtocol
import MendWire
import Testing

@testable import MendClient

/// Waiters are names here.
@Suite("The state of a client's connection")
struct LinkStateTests {
    private typealias State = LinkState<String>

    /// Submits a call whose bytes are as many as told.
    private func submit(_ state: inout State, _ name: String, bytes: Int = 10) -> (id: Int, told: [String]) {
        let id = state.makeID()
        return (id, names(state.submit(id: id, bytes: Array(repeating: 0x78, count: bytes), waiter: name)))
    }

    private func names(_ told: [State.Told]) -> [String] { told.map(\.waiter) }

    private func reply(_ id: Int) -> Incoming { .reply(id: id, .success(.emptyObject)) }

    /// How many bytes are waiting to go, all of which then go.
    private func drain(_ state: inout State) -> Int {
        var count = 0
        while state.hasOutgoing {
            _ = state.flush { bytes in
                count += bytes.count
                return bytes.count
            }
        }
        return count
    }

    @Test("calls beyond the limit wait until an answer makes room")
    func inFlight() {
        var state = State(maxInFlight: 1, maxOutgoingBytes: 1000)
        let first = submit(&state, "first")
        let second = submit(&state, "second")
        #expect(drain(&state) == 10)
        #expect(names(state.takeIn(reply(first.id))) == ["first"])
        #expect(drain(&state) == 10)
        #expect(names(state.takeIn(reply(second.id))) == ["second"])
    }

    @Test("bytes beyond the limit wait until others have gone")
    func outgoing() {
        var state = State(maxInFlight: 10, maxOutgoingBytes: 25)
        for name in ["first", "second", "third"] { _ = submit(&state, name) }
        var seen: [Int] = []
        _ = state.flush { bytes in
            seen.append(bytes.count)
            return 4
        }
        _ = state.flush { bytes in
            seen.append(bytes.count)
            return 1
        }
        _ = state.flush { bytes in
            seen.append(bytes.count)
            return bytes.count
        }
        #expect(seen == [20, 16, 25])
        #expect(!state.hasOutgoing)
    }

    @Test("a call larger than the whole room goes alone")
    func large() {
        var state = State(maxInFlight: 10, maxOutgoingBytes: 25)
        _ = submit(&state, "large", bytes: 100)
        _ = submit(&state, "small")
        var first = 0
        _ = state.flush { bytes in
            first = bytes.count
            return bytes.count
        }
        #expect(first == 100)
        #expect(drain(&state) == 10)
    }

    @Test("a call given up before its turn is never sent")
    func givenUpInQueue() {
        var state = State(maxInFlight: 1, maxOutgoingBytes: 1000)
        let first = submit(&state, "first")
        let second = submit(&state, "second", bytes: 500)
        let third = submit(&state, "third", bytes: 7)
        #expect(names(state.giveUp(second.id, .cancelled)) == ["second"])
        #expect(drain(&state) == 10)
        #expect(names(state.takeIn(reply(first.id))) == ["first"])
        #expect(drain(&state) == 7)
        #expect(names(state.takeIn(reply(third.id))) == ["third"])
    }

    @Test("a call given up keeps its place until its answer comes, which tells nobody")
    func givenUpInFlight() {
        var state = State(maxInFlight: 1, maxOutgoingBytes: 1000)
        let first = submit(&state, "first")
        _ = submit(&state, "second")
        #expect(names(state.giveUp(first.id, .timedOut)) == ["first"])
        #expect(names(state.giveUp(first.id, .timedOut)) == [])
        #expect(drain(&state) == 10)
        #expect(names(state.takeIn(reply(first.id))) == [])
        #expect(drain(&state) == 10)
    }

    @Test("the end tells everyone in the order of their calls, and once")
    func end() {
        var state = State(maxInFlight: 2, maxOutgoingBytes: 1000)
        for name in ["a", "b", "c", "d"] { _ = submit(&state, name) }
        #expect(names(state.finish(.connectionLost("gone"))) == ["a", "b", "c", "d"])
        #expect(names(state.finish(.connectionLost("again"))) == [])
        #expect(state.end == .connectionLost("gone"))
        #expect(submit(&state, "late").told == ["late"])
        #expect(!state.hasOutgoing)
    }

    @Test("an answer that nobody asked for ends the connection")
    func unasked() {
        var state = State(maxInFlight: 2, maxOutgoingBytes: 1000)
        _ = submit(&state, "a")
        #expect(names(state.takeIn(reply(99))) == ["a"])
        #expect(state.end != nil)
    }

    @Test("an error without an id is the answer to the only call, otherwise the end")
    func unattributed() {
        let error = Incoming.unattributed(RPCError(code: -32700, message: "not JSON"))
        var alone = State(maxInFlight: 2, maxOutgoingBytes: 1000)
        _ = submit(&alone, "a")
        #expect(names(alone.takeIn(error)) == ["a"])
        #expect(alone.end == nil)
        var several = State(maxInFlight: 2, maxOutgoingBytes: 1000)
        _ = submit(&several, "a")
        _ = submit(&several, "b")
        #expect(names(several.takeIn(error)) == ["a", "b"])
        #expect(several.end != nil)
    }

    @Test("a notification's sender is told when its turn has come")
    func notification() {
        var state = State(maxInFlight: 1, maxOutgoingBytes: 15)
        _ = submit(&state, "call")
        #expect(names(state.submit(id: nil, bytes: [1, 2, 3], waiter: "short")) == ["short"])
        #expect(names(state.submit(id: nil, bytes: Array(repeating: 1, count: 10), waiter: "long")) == [])
        #expect(names(state.flush { $0.count }) == ["long"])
    }
}
