import ArgumentParser
import MendClient
import MendProtocol

/// What the daemon has, offered where a word is completed.
///
/// Somebody waits at a prompt: there is little time, and whatever goes wrong offers nothing and says nothing.
enum LiveNames {
    private static let patienceMs: Int64 = 300
    private static let most = PageSize(1000)

    static var queues: CompletionKind {
        offered { client in try client.call(Queue.Stats(limit: most)).queues.map(\.queue.text) }
    }

    static var breakers: CompletionKind {
        offered { client in try client.call(Breaker.List(limit: most)).breakers.map(\.breaker.text) }
    }

    static var groups: CompletionKind {
        offered { client in
            var call = Group.List()
            call.limit = most
            return try client.call(call).groups.map { String($0.group) }
        }
    }

    static var transactions: CompletionKind {
        offered { client in try client.call(Transaction.List(limit: most)).transactions.map { String($0.transaction) } }
    }

    /// Live operations and dead letters, the oldest first.
    static var operations: CompletionKind {
        offered { client in
            let listed = try client.call(Queue.List(limit: most)).operations
            return listed.filter { $0.state.isLive || $0.state == .dead }.map { String($0.operation) }
        }
    }

    /// Those that are shipped: a daemon has no others by name.
    static var policies: CompletionKind { .list(PolicyChoice.shippedNames) }

    private static func offered(_ names: @escaping @Sendable (BlockingClient) throws -> [String]) -> CompletionKind {
        .custom { words, _, prefix in
            let socket = zip(words, words.dropFirst()).first { $0.0 == "--socket" }?.1
            let settings = ClientSettings(timeoutMs: patienceMs)
            guard let client = try? BlockingClient(socket: socket, settings: settings),
                let all = try? names(client)
            else { return [] }
            return all.filter { $0.hasPrefix(prefix) }
        }
    }
}
