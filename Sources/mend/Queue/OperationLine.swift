import MendProtocol
import MendWire

/// An operation as a line of a file: what `queue.enqueue` takes, and beside it what `_meta` would.
struct OperationLine: Codable {
    var enqueue: Queue.Enqueue
    var correlation: Name?
    var traceparent: TraceParent?
    /// Of who wrote the file: the same key is the same operation, in whatever file and line.
    var idempotencyKey: IdempotencyKey?

    enum CodingKeys: String, CodingKey {
        case correlation, traceparent
        case idempotencyKey = "idempotency_key"
    }

    /// An operation to be enqueued again.
    ///
    /// - Parameter queueBreaker: of its queue; what an operation has from there is not its own.
    /// - Returns: nil where the payload was not told.
    init?(_ info: OperationInfo, queueBreaker: Name?, nowMs: Int64) {
        guard let payload = info.payload else { return nil }
        enqueue = Queue.Enqueue(
            queue: info.queue, payload: payload, priority: Priority(info.priority),
            runAt: info.behind == nil ? info.readyAt.flatMap { Timestamp($0) } : nil, key: info.key,
            maxAttempts: Attempts(info.maxAttempts), policy: info.policy, lane: info.lane, onDead: info.onDead)
        enqueue.expiresMs = info.expiresAt.flatMap { PositiveMilliseconds(max(1, $0 - nowMs)) }
        enqueue.keepResultMs = info.keepResultMs.flatMap { ResultTime($0) }
        enqueue.breaker = info.breaker == queueBreaker ? nil : info.breaker
        correlation = info.correlation
        traceparent = info.traceparent
    }

    init(from decoder: any Decoder) throws {
        enqueue = try Queue.Enqueue(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        correlation = try container.decodeIfPresent(Name.self, forKey: .correlation)
        traceparent = try container.decodeIfPresent(TraceParent.self, forKey: .traceparent)
        idempotencyKey = try container.decodeIfPresent(IdempotencyKey.self, forKey: .idempotencyKey)
    }

    func encode(to encoder: any Encoder) throws {
        try enqueue.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(correlation, forKey: .correlation)
        try container.encodeIfPresent(traceparent, forKey: .traceparent)
        try container.encodeIfPresent(idempotencyKey, forKey: .idempotencyKey)
    }

    /// What is wrong with a line.
    struct Fault: Error {
        let message: String
    }

    /// Reads and checks a line as the daemon would.
    ///
    /// - Parameter queue: where it goes, whatever the line says.
    static func read(_ bytes: ArraySlice<UInt8>, queue: Name?) throws(Fault) -> OperationLine {
        do {
            var root = try bytes.withUnsafeBytes { try JSONDocument(parsing: $0) }.root
            if let queue, root["queue"] == nil, root.rawText.hasPrefix("{") {
                let rest = root.rawText.dropFirst().drop { $0.isWhitespace }
                root = try JSONDocument(parsing: "{\"queue\":\"\(queue.text)\"\(rest == "}" ? "" : ",")\(rest)").root
            }
            var line = try WireDecoder.decode(OperationLine.self, from: root)
            line.enqueue.queue = queue ?? line.enqueue.queue
            try line.check()
            return line
        } catch let fault as Fault {
            throw fault
        } catch let error as WireDecodingError {
            let known = CommandSuggestion.nearest(to: error.path, in: error.known).map { "; did you mean \($0)?" }
            throw Fault(message: error.message + (known ?? ""))
        } catch {
            throw Fault(message: "it is not JSON: \(error)")
        }
    }

    private func check() throws(Fault) {
        if enqueue.delayMs != nil, enqueue.runAt != nil {
            throw Fault(message: "run_at and delay_ms exclude each other")
        }
        if enqueue.onDead != nil, enqueue.lane == nil { throw Fault(message: "on_dead means nothing without a lane") }
        if let delay = enqueue.delayMs, let expires = enqueue.expiresMs, delay.value >= expires.value {
            throw Fault(message: "delay_ms is not before expires_ms: it would expire before it is ready")
        }
    }
}
