import Glibc
import MendProtocol
import Synchronization

/// The connection of an ``EventFeed``: a thread is there only while an event is waited for.
final class FeedReader: Sendable {
    private let client: Mutex<BlockingClient>
    /// Open for as long as the client lives. It is shut down by others than those who read.
    private let descriptor: Int32

    init(_ client: sending BlockingClient) {
        descriptor = client.descriptor
        self.client = Mutex(client)
    }

    /// - Throws: ``ClientError/cancelled`` where the task is cancelled; the feed has then ended.
    func next() async throws(ClientError) -> FollowedEvent {
        if let event = try client.withLock({ client throws(ClientError) in try client.readyEvent() }) { return event }
        let result = await withTaskCancellationHandler {
            await BlockingThread.run { [self] () throws(ClientError) in
                try client.withLock { client throws(ClientError) in try client.nextEvent() }
            }
        } onCancel: {
            close()
        }
        if Task.isCancelled, case .failure = result { throw .cancelled }
        return try result.get()
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Does what blocks on a thread that nobody else needs.
enum BlockingThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func run<Answer: Sendable>(
        _ body: @escaping @Sendable () throws(ClientError) -> Answer
    ) async -> Result<Answer, ClientError> {
        await withCheckedContinuation { waiter in
            let status = start { waiter.resume(returning: Result(catching: body)) }
            guard status != 0 else { return }
            waiter.resume(returning: .failure(.connectionLost("no thread could be made: \(systemMessage(status))")))
        }
    }

    /// 0, or why there is no thread: then nothing was begun.
    private static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        if status == 0 { pthread_detach(thread) } else { work.release() }
        return status
    }
}
