import GRDB
import MendProtocol
import MendWire

extension Queue.Enqueue: WriterMethod {
    package static var bringsNewWork: Bool { true }

    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        let scope = call.scope
        let settings = call.engine.settings
        try call.caller.checkMayUse(queue, field: "queue")
        try check(key, atMost: 512, field: "key")
        try check(lane, atMost: 512, field: "lane")
        if onDead != nil, lane == nil {
            throw CallError(.invalidParams, "on_dead means nothing without a lane", field: "on_dead")
        }
        try check(payload, atMost: settings.payloadMaxBytes, field: "payload")
        if delayMs != nil && runAt != nil {
            throw CallError(.invalidParams, "run_at and delay_ms exclude each other", field: "run_at")
        }
        let record = try scope.queue(queue)
        try scope.checkMayFill(record, by: call.caller, field: "queue")
        let policy = try ResolvedPolicy(policy, default: record?.policy ?? .standard)
        if let key, let first = try scope.liveOperation(queue: queue, key: key) {
            return .now(Answer(operation: first, deduplicated: true))
        }
        let maxSize = record?.settings.maxSize ?? settings.queueMaxSize
        if let record, record.counts.live >= maxSize {
            throw CallError(
                .queueFull,
                "the queue \(queue) holds \(maxSize.of("live operation")), its limit; this one was not kept",
                field: "queue", hint: "add workers, or raise queue.max_size", retryAfterMs: 1000)
        }
        let dueMs = runAt.map { call.now.elapsed(atWall: $0.value) } ?? delayMs.map { call.now.elapsedMs + $0.value }
        let expiresMs = try expiry(now: call.now, dueMs: dueMs)
        let held = try transaction.map { try call.hold(in: $0, delayMs: delayMs?.value) }
        let operation = try scope.insert(
            NewOperation(
                priority: priority?.value ?? 100, dueMs: dueMs, runAt: runAt?.value, uid: call.caller.uid, key: key,
                maxAttempts: maxAttempts?.value ?? policy.maxAttempts,
                policy: self.policy == nil ? nil : try WireEncoder.text(of: self.policy), transaction: nil, step: nil,
                correlation: call.meta.correlation, traceparent: call.meta.traceparent, payload: payload.text,
                expiresMs: expiresMs, keepResultMs: keepResultMs?.value, held: held),
            into: try record ?? scope.queueForEnqueue(queue, by: call.caller))
        if let lane { try scope.enterLane(lane, operation, onDead: onDead) }
        if let breaker { try scope.tie(operation, to: breaker) }
        return .now(Answer(operation: operation, deduplicated: false))
    }

    /// The elapsed time at which it expires.
    private func expiry(now: Moment, dueMs: Int64?) throws(CallError) -> Int64? {
        guard let expiresMs = expiresMs.map({ now.elapsedMs + $0.value }) else { return nil }
        guard let dueMs, dueMs >= expiresMs else { return expiresMs }
        let field = runAt == nil ? "delay_ms" : "run_at"
        throw CallError(
            .invalidParams, "it would expire before it is ready; it was not kept", field: field,
            hint: "expires_ms counts from now, too")
    }
}

/// What is known of an operation when it begins.
struct NewOperation {
    var priority: Int64
    /// Elapsed time at which it is ready; at once where absent or past.
    var dueMs: Int64?
    /// The wall time that was asked for.
    var runAt: Int64?
    var uid: UInt32
    var key: String?
    var maxAttempts: Int64
    var policy: String?
    var transaction: Int64?
    var step: Int64?
    var correlation: Name?
    var traceparent: TraceParent?
    var payload: String
    /// Elapsed time at which it expires unless it has been done.
    var expiresMs: Int64?
    var keepResultMs: Int64?
    /// The transaction that holds it until it commits.
    var held: HeldEnqueue?

    /// Whether it has nothing but what every operation has.
    var isPlain: Bool {
        runAt == nil && key == nil && policy == nil && transaction == nil && step == nil && correlation == nil
            && traceparent == nil && expiresMs == nil && keepResultMs == nil && held == nil
    }
}

extension Scope {
    func liveOperation(queue: Name, key: String) throws -> Int64? {
        guard let queue = try self.queue(queue) else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT id FROM operations WHERE queue = ? AND key = ? AND key IS NOT NULL AND state <= 4")
        return try Int64.fetchOne(statement, arguments: [queue.id, key])
    }

    /// What is not bound costs nothing: most operations have none of the rest.
    private static let insertPlain = HotSQL(
        """
        INSERT INTO operations (id, queue, state, priority, uid, max_attempts, enqueued_at, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    private static let insertAny = HotSQL(
        """
        INSERT INTO operations (id, queue, state, priority, uid, max_attempts, enqueued_at, payload,
            due_at, run_at, key, policy, txn, step, expires_at, keep_result_ms, correlation, traceparent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)

    /// Writes a new operation down and lets it be found: by a worker, or by the timer.
    func insert(_ new: NewOperation, into queue: QueueRecord) throws -> Int64 {
        let id = engine.counters.next(\.operation)
        let isScheduled = new.held == nil && (new.dueMs ?? .min) > now.elapsedMs
        let state: OperationState = new.held != nil ? .held : isScheduled ? .scheduled : .ready
        let dueMs = isScheduled ? new.dueMs : new.expiresMs
        let payload = try engine.settings.payloads.stored(new.payload, at: PayloadStore.payload(of: id))
        if new.isPlain && dueMs == nil {
            try hot(Self.insertPlain).run(
                id, queue.id, state.code, new.priority, new.uid, new.maxAttempts, now.wallMs, payload)
        } else {
            try hot(Self.insertAny).run(
                id, queue.id, state.code, new.priority, new.uid, new.maxAttempts, now.wallMs, payload,
                dueMs, state == .ready ? nil : new.runAt, new.key, new.policy, new.transaction, new.step,
                new.expiresMs, new.keepResultMs, new.correlation?.text, new.traceparent?.text)
        }
        if let held = new.held { try setHeld(id, held) }
        queue.move(from: nil, to: state)
        if let dueMs { engine.note(dueAt: dueMs) }
        if state == .ready { engine.waiters.wake(queue.name) }
        return id
    }
}
