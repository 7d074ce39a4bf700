import Glibc
import MendClient
import MendProtocol

/// Why an import has stopped before its end.
struct ImportStop: Error {
    let status: ExitStatus
    let word: String
    let message: String
    let hint: String
}

/// An import that is under way: a batch of calls is on the way while the one before it is answered.
struct QueueImport {
    private static let batchCalls = 256
    private static let batchBytes = 2 << 20

    private struct Pending {
        let number: Int
        let line: OperationLine
        let sent: BlockingClient.Sent<Queue.Enqueue>
    }

    /// A lane of a queue.
    private struct Lane: Hashable {
        let queue: Name
        let lane: String
    }

    private let client: BlockingClient
    private let waitMs: Int64?
    var bar: ProgressBar
    /// Lines that are in.
    private(set) var count = 0
    /// Those whose operation was there already, by its own key.
    private(set) var deduplicated = 0
    private var before: [Pending] = []
    private var batch: [Pending] = []
    private var bytes = 0
    private var lanes: Set<Lane> = []

    init(client: BlockingClient, waitMs: Int64?, bar: ProgressBar) {
        (self.client, self.waitMs, self.bar) = (client, waitMs, bar)
    }

    mutating func add(_ line: OperationLine, number: Int, bytes size: Int, share: Double?) throws(ImportStop) {
        if let lane = line.enqueue.lane {
            // The one before it in its lane must be in: a queue may have room again between the two.
            if !lanes.insert(Lane(queue: line.enqueue.queue, lane: lane)).inserted {
                try settle()
                lanes.insert(Lane(queue: line.enqueue.queue, lane: lane))
            }
        }
        do throws(ClientError) {
            batch.append(Pending(number: number, line: line, sent: try client.send(line.enqueue, meta: line.meta)))
        } catch {
            throw stop(at: number, because: error)
        }
        bytes += size
        guard batch.count >= Self.batchCalls || bytes >= Self.batchBytes else { return }
        try turn()
        bar.show(Int64(count), share: share)
    }

    /// Waits for all answers.
    mutating func settle() throws(ImportStop) {
        try turn()
        try turn()
        lanes.removeAll()
    }

    private mutating func turn() throws(ImportStop) {
        while !before.isEmpty {
            // From the end of a turned list, which costs nothing.
            let pending = before.removeLast()
            do throws(ClientError) {
                take(try answer(pending))
            } catch {
                throw stop(at: pending.number, because: error)
            }
        }
        before = batch.reversed()
        batch = []
        bytes = 0
    }

    private mutating func take(_ answer: Queue.Enqueue.Answer) {
        count += 1
        if answer.deduplicated { deduplicated += 1 }
    }

    /// The answer; where the daemon says later, that of another try as long as may be waited.
    private mutating func answer(_ pending: Pending) throws(ClientError) -> Queue.Enqueue.Answer {
        var waitedMs: Int64 = 0
        var answer = outcome { () throws(ClientError) in try client.receive(pending.sent) }
        while case .failure(.failed(let call)) = answer, call.isRetryable, waitedMs < waitMs ?? 0 {
            let pauseMs = min(max(call.retryAfterMs ?? 500, 50), (waitMs ?? 0) - waitedMs)
            usleep(UInt32(clamping: pauseMs * 1000))
            waitedMs += pauseMs
            bar.show(Int64(count))
            answer = outcome { () throws(ClientError) in
                try client.call(pending.line.enqueue, meta: pending.line.meta)
            }
        }
        return try answer.get()
    }

    private func outcome<T>(_ body: () throws(ClientError) -> T) -> Result<T, ClientError> {
        do throws(ClientError) { return .success(try body()) } catch { return .failure(error) }
    }

    // MARK: Before the end

    /// Takes in what is still on the way, and says where it stands.
    mutating func stop(at number: Int, because fault: String) -> ImportStop {
        // What comes before a line that is wrong may itself have failed, and that is the first to be told.
        do throws(ImportStop) { try settle() } catch { return error }
        return ImportStop(
            status: .usage, word: "usage", message: "line \(number): \(fault)",
            hint:
                "\(QueueNoun.Import.lines(count)) in; correct it and import the file again: what is in is not enqueued twice"
        )
    }

    private mutating func stop(at number: Int, because error: ClientError) -> ImportStop {
        var first = number
        for pending in before.reversed() + batch {
            if case .success(let answer) = outcome({ () throws(ClientError) in try client.receive(pending.sent) }) {
                take(answer)
            } else {
                first = min(first, pending.number)
            }
        }
        (before, batch) = ([], [])
        bar.end()
        let status = ExitStatus(error)
        var word = status == .unreachable ? "unreachable" : "failed"
        var field = ""
        if case .failed(let call) = error {
            word = call.word
            field = call.field.map { " (\($0))" } ?? ""
        }
        let next =
            switch status {
            case .tryLater: "import the file again when there is room, or with --wait 1h"
            case .unreachable: "import the file again when the daemon is there"
            default: "correct it and import the file again"
            }
        return ImportStop(
            status: status, word: word, message: "line \(number)\(field): \(error.message)",
            hint:
                "\(QueueNoun.Import.lines(count)) in; \(next): what is in is not enqueued twice (after a day: --from \(first))"
        )
    }
}

extension OperationLine {
    var meta: Meta {
        Meta(correlation: correlation, traceparent: traceparent, idempotencyKey: idempotencyKey)
    }
}
