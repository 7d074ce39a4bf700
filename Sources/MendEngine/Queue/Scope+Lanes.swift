import GRDB
import MendProtocol

/// Lanes: of the operations of one lane of a queue, one has the lane, from when it comes to its end; the others stand behind
/// it, scheduled, in the order of their ids, where no worker finds them.
extension Scope {
    private enum Place: Int64 {
        case has = 0
        case behind
    }

    private struct LaneRow {
        let place: Place?
        let isBlocking: Bool
    }

    /// Puts an operation that was just enqueued into its lane.
    func enterLane(_ lane: String, _ id: Int64, onDead: Queue.Enqueue.OnDead?) throws {
        try db.cachedStatement(sql: "UPDATE operations SET lane = ?, blocks_lane = ? WHERE id = ?")
            .execute(arguments: [lane, onDead == .block, id])
        let operation = try operation(id)
        // It stands in line from when its transaction commits.
        guard operation.state != .held else { return }
        if try !takesLane(operation, lane), operation.state == .ready {
            try waitInLane(operation, attempt: operation.attempt, lost: operation.lost)
        }
    }

    /// Whether an operation has its lane; one that had no place in it gets one now.
    func takesLane(_ operation: OperationRow, _ lane: String) throws -> Bool {
        if let place = try laneRow(operation.id).place { return place == .has }
        let find = try db.cachedStatement(
            sql: "SELECT 1 FROM operations WHERE queue = ? AND lane = ? AND lane_place = 0")
        let isTaken = try Row.fetchOne(find, arguments: [operation.queue, lane]) != nil
        try setPlace(of: operation.id, isTaken ? .behind : .has)
        return !isTaken
    }

    /// Takes an operation off the way until its lane is free: no timer looks at it, and no worker.
    func waitInLane(_ operation: OperationRow, attempt: Int64, lost: Int64) throws {
        try db.cachedStatement(
            sql: """
                UPDATE operations SET state = 1, due_at = expires_at, run_at = NULL, attempt = ?, lost = ?,
                    ended_at = NULL WHERE id = ?
                """
        ).execute(arguments: [attempt, lost, operation.id])
        try endLease(of: operation)
        try queue(id: operation.queue).move(from: operation.state, to: .scheduled)
    }

    /// An operation of a lane has ended, or is forgotten: the next one goes, unless it died and is to block its lane.
    func leaveLane(_ lane: String, _ operation: OperationRow, as state: OperationState) throws {
        let row = try laneRow(operation.id)
        guard let place = row.place, !(state == .dead && row.isBlocking) else { return }
        try setPlace(of: operation.id, nil)
        guard place == .has else { return }
        let find = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns), run_at FROM operations
                WHERE queue = ? AND lane = ? AND lane_place = 1 ORDER BY id LIMIT 1
                """)
        guard let row = try Row.fetchOne(find, arguments: [operation.queue, lane]) else { return }
        let next = try OperationRow(row)
        try setPlace(of: next.id, .has)
        // One that waits for its own time as well is the timer's. By a wall clock that was set back, that may come after it
        // expires.
        if let dueMs = next.dueMs, dueMs != next.expiresMs || row["run_at"] != nil {
            return engine.note(dueAt: dueMs)
        }
        try makeReady(next, attempt: next.attempt, lost: next.lost)
    }

    private func laneRow(_ id: Int64) throws -> LaneRow {
        let statement = try db.cachedStatement(sql: "SELECT lane_place, blocks_lane FROM operations WHERE id = ?")
        let row = try Row.fetchOne(statement, arguments: [id])
        return LaneRow(place: (row?[0] as Int64?).flatMap(Place.init), isBlocking: row?[1] ?? false)
    }

    private func setPlace(of id: Int64, _ place: Place?) throws {
        try db.cachedStatement(sql: "UPDATE operations SET lane_place = ? WHERE id = ?")
            .execute(arguments: [place?.rawValue, id])
    }
}
