import MendProtocol
import MendWire

/// Events as they happen, on a connection of their own.
///
/// Nothing is read ahead but the page that the daemon sent: a consumer that is slow holds up this connection and nothing
/// else, and is told where events were removed before it came to them. When the connection is lost, the sequence throws;
/// follow again after the last event that came.
///
/// ```swift
/// let feed = try await EventFeed.follow(Events.Follow(filter: filter, after: lastKnown))
/// for try await told in feed { ... }
/// ```
public struct EventFeed: AsyncSequence, Sendable {
    public typealias Element = FollowedEvent

    /// What is live at the beginning, and the number of the last event before it.
    public let start: Events.Follow.Answer
    private let reader: FeedReader

    /// Begins a subscription. Where nothing is said, ``SocketPath`` says where the daemon is.
    public static func follow(
        _ call: Events.Follow = Events.Follow(), at path: String? = nil, settings: ClientSettings = ClientSettings()
    ) async throws(ClientError) -> EventFeed {
        try await BlockingThread.run { () throws(ClientError) in
            try EventFeed(call, BlockingClient(socket: path, settings: settings))
        }.get()
    }

    package init(_ call: Events.Follow, _ client: sending BlockingClient) throws(ClientError) {
        start = try client.call(call)
        reader = FeedReader(client)
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: FeedReader

        public func next() async throws -> FollowedEvent? { try await reader.next() }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(reader: reader) }

    /// Ends the subscription and its connection; who waits for an event gets ``ClientError/connectionLost(_:)``.
    public func close() { reader.close() }
}
