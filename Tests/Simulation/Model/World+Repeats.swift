import MendEngine
import MendProtocol
import MendWire

/// Calls that are said again: with an idempotency key, or with the token of a lease that they ended.
extension World {
    /// An end that was told, and must be told again for an hour.
    struct SaidEnd {
        let operation: QueueModel.Operation
        let text: String
        let atMs: Int64
        /// Says it again; `told` learns what came, as it goes over the wire.
        let again: (World, @escaping (Result<String, CallError>?) throws -> Void) -> Void
    }

    private static let endsMaxCount = 30
    private static let saidAgainMs: Int64 = 3_600_000
    /// Keys are kept for a day; whoever says a call again later does not know.
    private static let keysKeptMs: Int64 = 80_000_000

    func remember<M: WriterMethod>(
        _ call: M, of operation: QueueModel.Operation, _ told: Result<M.Answer, CallError>?, as caller: Caller
    ) {
        guard case .success(let answer) = told else { return }
        saidEnds.append(
            SaidEnd(operation: operation, text: wire(answer), atMs: now.elapsedMs) { world, told in
                world.send(call, from: world.connection(of: caller.uid)) { outcome in try told(outcome?.map(wire)) }
            })
        if saidEnds.count > Self.endsMaxCount { saidEnds.removeFirst() }
    }

    func sayEndAgain() {
        guard let end = pick(saidEnds), now.elapsedMs - end.atMs < Self.saidAgainMs else { return }
        end.again(self) { told in
            switch told {
            case .success(let text):
                try require(text == end.text, .saidAgain, "first it was told \(end.text), and then \(text)")
            case .failure(let error):
                try require(end.operation.isGone, .saidAgain, "an end said again was refused: \(error.message)")
            case nil: break
            }
        }
    }

    /// Sends a call with an idempotency key, sometimes: until there is an answer, and now and then once more.
    func sendOnce<M: WriterMethod>(
        _ method: M, from connection: Connection, owner: Owner? = nil,
        told: @escaping (Result<M.Answer, CallError>?) throws -> Void
    ) {
        // What is tied to a connection is tied to another one when it is said again.
        guard owner == nil, chance(40), let key = IdempotencyKey("once-\(newKey())") else {
            return send(method, from: connection, owner: owner, told: told)
        }
        send(method, key: key, sinceMs: now.elapsedMs, from: connection, first: nil, told: told)
    }

    private func send<M: WriterMethod>(
        _ method: M, key: IdempotencyKey, sinceMs: Int64, from connection: Connection, first: String?,
        told: @escaping (Result<M.Answer, CallError>?) throws -> Void
    ) {
        send(method, from: connection, meta: Meta(idempotencyKey: key)) { [weak self] outcome in
            guard let self else { return }
            var told = told
            var first = first
            switch outcome {
            case .success(let answer):
                let text = wire(answer)
                if let first {
                    try require(text == first, .keyedOnce, "\(M.name) with the key \(key.text): \(first), then \(text)")
                } else {
                    try told(outcome)
                    first = text
                    told = { _ in }
                }
                guard chance(15) else { return }
            case .failure(let error):
                try require(first == nil, .keyedOnce, "\(M.name) with its key was refused: \(error.message)")
                return try told(outcome)
            case nil: break
            }
            let caller = connection.caller
            saidLater.append { [told, first] world in
                guard world.now.elapsedMs - sinceMs < Self.keysKeptMs else { return }
                world.send(
                    method, key: key, sinceMs: sinceMs, from: world.connection(of: caller.uid), first: first,
                    told: told)
            }
        }
    }

    func sayCallAgain() {
        guard !saidLater.isEmpty else { return }
        saidLater.remove(at: Int(number(0...Int64(saidLater.count - 1))))(self)
    }
}
