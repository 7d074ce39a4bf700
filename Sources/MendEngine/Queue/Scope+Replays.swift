import GRDB
import MendProtocol
import MendWire

/// Replays that go on by themselves: a few dead letters in each commit.
extension Scope {
    /// Dead letters that one commit puts back, and that it looks at.
    private static let replayedLimit: Int64 = 256
    private static let lookedAtLimit: Int64 = 4096

    /// Begins a replay, and does as much of it as may be done at once.
    func begin(_ replay: Replay, of queue: QueueRecord, by caller: Caller) throws -> Queue.Replay.Answer {
        var replay = replay
        if replay.call.canary == true {
            let found = try deadLetters(of: queue, replay, limit: Self.replayedLimit)
            guard let first = try found.operations.first(where: { try revive(operation($0)) }) else {
                guard found.operations.isEmpty, found.isAll else {
                    throw CallError(
                        .conflict, "no dead letter was found that can go first; nothing was replayed", field: "canary",
                        hint: "live operations have their keys, or the filter wants few of many: replay one by its id")
                }
                return Queue.Replay.Answer(replayed: 0, remaining: queue.counts.dead)
            }
            replay.after = first
            replay.canary = first
            replay.replayed = 1
        }
        var event = NewEvent(.replayBegun, "the replay of its dead letters began")
        event.queue = queue.name
        event.operation = replay.canary
        event.caller = caller
        try journal(event)
        try save(replay, of: queue)
        let replayed = replay.canary == nil ? try goOn(queue) : 1
        return Queue.Replay.Answer(
            replayed: replayed, remaining: queue.counts.dead, replay: engine.replays[queue.id]?.info)
    }

    func runDueReplays() throws {
        for id in engine.replays.due(at: now.elapsedMs) { try goOn(queue(id: id)) }
    }

    /// Puts back what may go by now, and ends where nothing is left; answers how many went.
    @discardableResult
    private func goOn(_ queue: QueueRecord) throws -> Int64 {
        guard var replay = engine.replays[queue.id] else { return 0 }
        let allowance = replay.allowance(now: now, atMost: Self.replayedLimit)
        let found = try deadLetters(of: queue, replay, limit: allowance)
        var revived: Int64 = 0
        for id in found.operations where try revive(operation(id)) { revived += 1 }
        replay.after = found.last ?? replay.after
        replay.count(revived, now: now)
        if found.isAll || replay.replayed == replay.call.limit?.value {
            try end(replay, of: queue, "it has put back all that it was for")
        } else {
            try save(replay, of: queue)
        }
        return revived
    }

    /// The next dead letters that a replay wants; whether they are the last ones, and up to where it has looked.
    private func deadLetters(
        of queue: QueueRecord, _ replay: Replay, limit: Int64
    ) throws -> (operations: [Int64], last: Int64?, isAll: Bool) {
        let call = replay.call
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, txn IS NULL AND ended_at <= ?1 AND ended_at >= ?2 AND (?3 IS NULL OR uid = ?3)
                    AND (?4 IS NULL OR lane = ?4) AND (?5 IS NULL OR key = ?5) AND (?6 IS NULL
                        OR (SELECT error_group FROM errors WHERE errors.id = last_error) = ?6)
                FROM operations WHERE queue = ?7 AND state = 6 AND id > ?8 ORDER BY id LIMIT ?9
                """)
        let rows = try Row.fetchCursor(
            statement,
            arguments: [
                replay.begunAt - (call.olderThanMs?.value ?? 0),
                call.newerThanMs.map { replay.begunAt - $0.value } ?? .min, replay.uid, call.lane, call.key,
                call.group, queue.id, replay.after, Self.lookedAtLimit,
            ])
        var (operations, last, looked): ([Int64], Int64?, Int64) = ([], nil, 0)
        while operations.count < limit, let row = try rows.next() {
            looked += 1
            last = row[0]
            if row[1] ?? false, let last { operations.append(last) }
        }
        return (operations, last, operations.count < limit && looked < Self.lookedAtLimit)
    }

    private func save(_ replay: Replay, of queue: QueueRecord) throws {
        try db.cachedStatement(
            sql: "INSERT INTO replays (queue, replay) VALUES (?, ?) ON CONFLICT DO UPDATE SET replay = excluded.replay"
        ).execute(arguments: [queue.id, try WireEncoder.text(of: replay)])
        note(replay, of: queue.id)
        if let dueMs = replay.dueMs { engine.note(dueAt: max(dueMs, now.elapsedMs)) }
    }

    func end(_ replay: Replay, of queue: QueueRecord, _ why: String) throws {
        try db.cachedStatement(sql: "DELETE FROM replays WHERE queue = ?").execute(arguments: [queue.id])
        note(nil, of: queue.id)
        var event = NewEvent(
            .replayEnded, "the replay of its dead letters ended, \(replay.replayed) put back: \(why)")
        event.queue = queue.name
        event.operation = replay.canary
        event.details = #"{"replayed":\#(replay.replayed)}"#
        try journal(event)
    }

    private func note(_ replay: Replay?, of queue: Int64) {
        let table = engine.replays
        let old = table[queue]
        table[queue] = replay
        engine.onRollback.append { table[queue] = old }
    }

    /// The operation that went first has ended: where it is done, the others follow.
    func canaryEnded(_ operation: OperationRow, as state: OperationState) throws {
        let queue = try queue(id: operation.queue)
        guard var replay = engine.replays[queue.id], replay.canary == operation.id else { return }
        guard state == .done else {
            let why = "operation \(operation.id), which went first, is \(state.rawValue): the others stay dead"
            return try end(replay, of: queue, why)
        }
        replay.canary = nil
        replay.nextUs = now.elapsedMs * 1000
        try save(replay, of: queue)
    }
}
