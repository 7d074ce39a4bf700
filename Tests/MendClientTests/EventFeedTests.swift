import MendProtocol
import MendWire
import Testing

@testable import MendClient

@Suite("Following events")
struct EventFeedTests {
    private static let snapshot =
        #"{"operations":{"held":0,"scheduled":0,"ready":0,"parked":0,"leased":0,"done":0,"dead":0,"cancelled":0,"#
        + #""expired":0},"breakers":[],"transactions":{}}"#

    private static func told(_ number: Int, kind: String = "operation.dead") -> String {
        #"{"jsonrpc":"2.0","method":"events.event","params":{"follow":1,"event":{"event":\#(number),"at":1,"#
            + #""kind":"\#(kind)","message":"m"}}}"# + "\n"
    }

    private func begin() async throws -> (peer: Peer, feed: EventFeed) {
        let (peer, descriptor) = Peer.pair()
        let script = peer.start { peer in
            let id = try #require(try peer.request().id)
            // An event may be there before anybody asks for it.
            peer.answer(id, #"{"follow":1,"last":4,"snapshot":\#(Self.snapshot)}"#)
            peer.send(Self.told(5))
        }
        let feed = try await BlockingThread.run { () throws(ClientError) in
            try EventFeed(Events.Follow(after: 4), BlockingClient(adopting: descriptor))
        }.get()
        try await script.end()
        return (peer, feed)
    }

    @Test("a feed begins with what is live, and goes on with each event and each loss")
    func feed() async throws {
        let (peer, feed) = try await begin()
        #expect(feed.start.last == 4)
        let events = feed.makeAsyncIterator()
        #expect(try await events.next()?.event?.event == 5)
        peer.send(#"{"jsonrpc":"2.0","method":"events.event","params":{"follow":1,"missed":{"from":6,"to":9}}}"# + "\n")
        peer.send(Self.told(10))
        #expect(try await events.next()?.missed == MissedEvents(from: 6, to: 9))
        #expect(try await events.next()?.event?.kind == .operationDead)
    }

    @Test("a feed whose connection ends throws, after the events that had come")
    func end() async throws {
        let (peer, feed) = try await begin()
        peer.send(Self.told(6))
        peer.hangUp()
        let events = feed.makeAsyncIterator()
        #expect(try await events.next()?.event?.event == 5)
        #expect(try await events.next()?.event?.event == 6)
        await #expect(throws: ClientError.connectionLost("the daemon closed it")) { try await events.next() }
    }

    @Test("cancelling the task that waits for an event ends its wait")
    func cancel() async throws {
        let (peer, feed) = try await begin()
        let events = feed.makeAsyncIterator()
        #expect(try await events.next()?.event?.event == 5)
        let waiting = Task { try await events.next() }
        waiting.cancel()
        await #expect(throws: ClientError.cancelled) { try await waiting.value }
        withExtendedLifetime(peer) {}
    }

    @Test("a blocking client keeps events that come while a call waits, and hands them out in their order")
    func blocking() async throws {
        let (peer, descriptor) = Peer.pair()
        let client = BlockingClient(adopting: descriptor)
        let script = peer.start { peer in
            let id = try #require(try peer.request().id)
            peer.send(Self.told(1))
            peer.send(Self.told(2))
            peer.answer(id, #"{"now_at":5}"#)
        }
        #expect(try client.call(System.Ping()).nowAt == 5)
        #expect(try client.nextEvent().event?.event == 1)
        #expect(try client.nextEvent().event?.event == 2)
        try await script.end()
    }

    @Test("a kind of events that only a newer daemon knows is told, and the next event is read")
    func newerKind() throws {
        let (peer, descriptor) = Peer.pair()
        let client = BlockingClient(adopting: descriptor)
        peer.send(Self.told(1, kind: "operation.beamed"))
        peer.send(Self.told(2))
        #expect(throws: ClientError.self) { try client.nextEvent() }
        #expect(try client.nextEvent().event?.event == 2)
    }
}
