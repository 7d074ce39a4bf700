import MendProtocol
import MendWire
import Testing

@testable import MendEngine

/// The calls of the queue family as tests say them.
extension TestEngine {
    @discardableResult
    func enqueue(
        _ queue: Name = .mail, _ payload: RawJSON = "null", priority: Int64? = nil, delayMs: Int64? = nil,
        runAt: Int64? = nil, key: String? = nil, maxAttempts: Int64? = nil, policy: PolicyChoice? = nil,
        lane: String? = nil, onDead: Queue.Enqueue.OnDead? = nil, as caller: Caller = .ada
    ) throws -> Int64 {
        try call(
            .enqueue(
                queue, payload, priority: priority, delayMs: delayMs, runAt: runAt, key: key,
                maxAttempts: maxAttempts, policy: policy, lane: lane, onDead: onDead), as: caller
        ).operation
    }

    /// Takes what is there, at most `max`.
    func take(
        _ queues: Name..., max: Int64? = nil, leaseMs: Int64? = nil, as caller: Caller = .ada
    ) throws -> [Leased] {
        try call(.lease(queues, max: max, leaseMs: leaseMs), as: caller).operations
    }

    /// Takes the one operation that must be there.
    @discardableResult
    func takeOne(
        _ queue: Name = .mail, leaseMs: Int64? = nil, as caller: Caller = .ada, owner: Owner? = nil
    ) throws -> Leased {
        let answer = try call(.lease([queue], leaseMs: leaseMs), as: caller, owner: owner)
        return try #require(answer.operations.first, "nothing is ready on \(queue)")
    }

    @discardableResult
    func complete(_ leased: Leased, as caller: Caller = .ada) throws -> OperationState {
        try call(Queue.Complete(operation: leased.operation, lease: leased.lease), as: caller).state
    }

    @discardableResult
    func fail(_ leased: Leased, _ category: MendProtocol.Category = .transient) throws -> Queue.Fail.Answer {
        try call(.fail(leased, category))
    }

    func state(_ operation: Int64) throws -> OperationState {
        try call(Queue.Get(operation: operation)).state
    }

    func counts(_ queue: Name = .mail) throws -> OperationCounts {
        try #require(try read(Queue.Stats(queue: queue)).queues.first, "there is no queue \(queue)").counts
    }

    /// Takes an operation to its death at once.
    @discardableResult
    func kill(_ queue: Name = .mail, key: String? = nil, as caller: Caller = .ada) throws -> Int64 {
        let operation = try enqueue(queue, key: key, as: caller)
        let leased = try takeOne(queue, as: caller)
        try #require(leased.operation == operation)
        try call(.fail(leased, .validation), as: caller)
        return operation
    }

    /// Begins to wait for an operation, in the next batch.
    func sendWait(
        _ queues: Name..., waitMs: Int64 = 10_000, max: Int64? = nil, as caller: Caller = .ada, owner: Owner? = nil
    ) -> Sent<Queue.Lease> {
        send(.lease(queues, max: max, waitMs: waitMs), as: caller, owner: owner)
    }

    /// What a waiting call got; nothing while it waits.
    func got(_ waiting: Sent<Queue.Lease>) throws -> [Int64]? {
        try answer(waiting)?.operations.map(\.operation)
    }
}

extension WriterMethod where Self == Queue.Enqueue {
    static func enqueue(
        _ queue: Name = .mail, _ payload: RawJSON = "null", priority: Int64? = nil, delayMs: Int64? = nil,
        runAt: Int64? = nil, key: String? = nil, maxAttempts: Int64? = nil, policy: PolicyChoice? = nil,
        lane: String? = nil, onDead: Queue.Enqueue.OnDead? = nil, breaker: Name? = nil
    ) -> Self {
        var call = Queue.Enqueue(
            queue: queue, payload: payload, priority: priority.map(Priority.init(unchecked:)),
            delayMs: delayMs.map(Milliseconds.init(unchecked:)), runAt: runAt.map(Timestamp.init(unchecked:)), key: key,
            maxAttempts: maxAttempts.map(Attempts.init(unchecked:)), policy: policy, lane: lane, onDead: onDead)
        call.breaker = breaker
        return call
    }
}

extension WriterMethod where Self == Queue.Lease {
    static func lease(
        _ queues: [Name] = [.mail], max: Int64? = nil, leaseMs: Int64? = nil, waitMs: Int64? = nil
    ) -> Self {
        Queue.Lease(
            queues: queues, max: max.map(PageSize.init(unchecked:)),
            leaseMs: leaseMs.map(PositiveMilliseconds.init(unchecked:)),
            waitMs: waitMs.map(Milliseconds.init(unchecked:)))
    }
}

extension WriterMethod where Self == Queue.Fail {
    static func fail(_ leased: Leased, _ category: MendProtocol.Category = .transient) -> Self {
        var error = Errors.Report(message: "it did not work")
        error.category = category
        return Queue.Fail(operation: leased.operation, lease: leased.lease, error: error)
    }
}

extension PolicyChoice {
    /// Always the same delay, without jitter.
    static func every(_ ms: Int64, maxAttempts: Int64? = nil, maxElapsedMs: Int64? = nil) -> PolicyChoice {
        .inline(
            RetryPolicy(
                strategy: .fixed, baseMs: PositiveMilliseconds(unchecked: ms), jitter: RetryPolicy.Jitter.none,
                maxAttempts: maxAttempts.map(Attempts.init(unchecked:)),
                maxElapsedMs: maxElapsedMs.map(PositiveMilliseconds.init(unchecked:))))
    }
}

extension TestEngine {
    /// Where `queue.stats` says something else than the table of operations, and rows whose state contradicts itself.
    func miscounted() throws -> [String] {
        var wrong: [String] = []
        for info in try read(Queue.Stats()).queues {
            for state in OperationState.allCases {
                let counted = try number(
                    """
                    SELECT count(*) FROM operations
                    WHERE queue = (SELECT id FROM queues WHERE name = '\(info.queue)') AND state = \(state.code)
                    """)
                if counted != info.counts[state] {
                    wrong.append("\(info.queue) says \(info.counts[state]) \(state), and has \(counted)")
                }
            }
        }
        // 1 scheduled, 2 ready, 3 parked, 4 leased, 5 done, 6 dead, 7 cancelled, 8 expired
        let contradictions = try number(
            """
            SELECT count(*) FROM operations WHERE NOT CASE state
                WHEN 1 THEN (due_at IS NOT NULL OR lane_place = 1) AND ended_at IS NULL
                WHEN 2 THEN due_at IS expires_at AND ended_at IS NULL AND run_at IS NULL
                WHEN 3 THEN due_at IS expires_at AND ended_at IS NULL AND breaker IS NOT NULL
                WHEN 4 THEN due_at IS NOT NULL AND lease IS NOT NULL AND attempt BETWEEN 1 AND max_attempts
                WHEN 5 THEN (due_at IS NOT NULL OR txn IS NOT NULL) AND ended_at IS NOT NULL
                WHEN 6 THEN (due_at IS NULL) = (txn IS NOT NULL) AND ended_at IS NOT NULL
                WHEN 7 THEN due_at IS NOT NULL AND ended_at IS NOT NULL
                WHEN 8 THEN due_at IS NOT NULL AND ended_at IS NOT NULL AND expires_at IS NOT NULL
                ELSE 0 END
            """)
        if contradictions > 0 { wrong.append("\(contradictions) operations contradict themselves") }
        return try wrong + contradictoryLanes()
    }

    /// Lanes that nobody or more than one has, and operations that are in the wrong place of theirs.
    private func contradictoryLanes() throws -> [String] {
        let lanes = try number(
            """
            SELECT count(*) FROM (SELECT 1 FROM operations WHERE lane_place IS NOT NULL
                GROUP BY queue, lane HAVING sum(lane_place = 0) <> 1)
            """)
        let places = try number(
            """
            SELECT count(*) FROM operations WHERE NOT CASE
                WHEN lane IS NULL THEN lane_place IS NULL
                WHEN state BETWEEN 2 AND 4 THEN lane_place IS 0
                WHEN state = 1 THEN lane_place IS NOT NULL
                WHEN state = 6 THEN lane_place IS CASE WHEN blocks_lane THEN 0 END
                ELSE lane_place IS NULL END
            """)
        return (lanes > 0 ? ["\(lanes) lanes have not one head"] : [])
            + (places > 0 ? ["\(places) operations are in the wrong place of their lane"] : [])
    }
}
