import GRDB
import MendProtocol

/// Queues and operations that are tied to breakers.
///
/// A queue may hold a million operations, so none of them is touched when its breaker opens: they stay ready, are not
/// leased, and are shown as parked. Those with a breaker of their own, few as a rule, are really parked, a few in each commit.
extension Scope {
    /// Operations that one commit parks or lets go.
    private static let gatedLimit: Int64 = 256

    // MARK: Leases

    /// Asks a breaker whether one more operation may be leased.
    ///
    /// - Returns: the permits it takes, none where that is not counted; nothing where the breaker refuses.
    func borrow(from breaker: Name, for caller: Caller) -> [LentPermit]? {
        let (gates, table, now) = (engine.gates, engine.breakers, now)
        if engine.isDryRun {
            switch table.gate(of: breaker, now: now) {
            case .wide: return []
            case .narrow(let room): return room > 0 ? [] : nil
            case .shut: return nil
            }
        }
        gates.touch()
        switch table.lend(breaker, to: caller.uid, now: now, leased: gates.leased(in:)) {
        case .uncounted: return []
        case .given(let permit):
            // Also where the transaction is rolled back.
            engine.onRollback.append { table.settle(permit, .ignored, now: now) }
            return [permit]
        case .refused(let retryAtMs):
            if let retryAtMs { wake(breaker, atMs: retryAtMs) }
            return nil
        }
    }

    /// Gives permits back that are not needed.
    func giveBack(_ permits: [LentPermit]) {
        for permit in permits { engine.breakers.settle(permit, .ignored, now: now) }
    }

    func lend(_ permits: [LentPermit], to lease: Int64) {
        guard !permits.isEmpty else { return }
        let gates = engine.gates
        gates.insert(permits, lease: lease)
        engine.onRollback.append { _ = gates.remove(lease: lease) }
    }

    /// A lease ends: the breakers of its operation learn how, once that is on disk. What is said first stands.
    func conclude(_ operation: OperationRow, as outcome: MendProtocol.Outcome) {
        let gates = engine.gates
        guard let lease = operation.lease, let permits = gates.remove(lease: lease) else { return }
        gates.noteEnd(permits, outcome)
        engine.onRollback.append {
            gates.unnoteEnd()
            gates.insert(permits, lease: lease)
        }
    }

    // MARK: Queues

    func tie(_ queue: Name, to breaker: Name?, insteadOf old: Name?) throws {
        let gates = engine.gates
        if let old { gates.untie(queue, from: old) }
        if let breaker { gates.tie(queue, to: breaker) }
        engine.onRollback.append {
            if let breaker { gates.untie(queue, from: breaker) }
            if let old { gates.tie(queue, to: old) }
        }
        if let breaker { try breakerChanged(breaker) }
    }

    // MARK: Breakers change

    /// Looks at a breaker again: it has changed, or it refused an operation and may let one pass now.
    func breakerChanged(_ breaker: Name) throws {
        let gates = engine.gates
        if let queues = gates.tied[breaker] {
            for queue in queues { engine.waiters.wake(queue) }
            try tellOfGate(breaker, to: queues)
        }
        let hasParked = try has(.parked, of: breaker)
        switch engine.breakers.gate(of: breaker, now: now, isAwaited: hasParked) {
        case .shut(let untilMs):
            let parked = try move(from: .ready, of: breaker, atMost: Self.gatedLimit) { try park($0) }
            if parked == Self.gatedLimit { wake(breaker, atMs: now.elapsedMs) }
            if parked > 0 {
                var event = NewEvent(
                    .operationParked, "\(parked.of("operation")) tied to breaker \(breaker) parked: it is open")
                event.breaker = breaker
                try journal(event)
            }
            if let untilMs, parked > 0 || hasParked || gates.tied[breaker] != nil {
                wake(breaker, atMs: untilMs)
            }
        case .narrow(let room):
            let ready = try move(from: .ready, of: breaker, atMost: room) { _ in }
            try move(from: .parked, of: breaker, atMost: min(room - ready, Self.gatedLimit)) {
                try makeReady($0, attempt: $0.attempt, lost: $0.lost)
            }
        case .wide:
            let freed = try move(from: .parked, of: breaker, atMost: Self.gatedLimit) {
                try makeReady($0, attempt: $0.attempt, lost: $0.lost)
            }
            if freed == Self.gatedLimit { wake(breaker, atMs: now.elapsedMs) }
        }
    }

    /// Looks at the breakers whose time has come, and at those that leases have changed.
    func runDueGates() throws {
        let (gates, elapsedMs) = (engine.gates, now.elapsedMs)
        if gates.takeMustPersist() {
            engine.onRollback.append { gates.notePersist() }
            try persistBreakers()
        }
        if !gates.overlooked.isEmpty {
            let queues = gates.overlooked
            engine.onRollback.append { gates.overlooked.formUnion(queues) }
            gates.overlooked = []
            for queue in queues { engine.waiters.wake(queue) }
        }
        let due = gates.takeDue(at: elapsedMs)
        if !due.isEmpty {
            engine.onRollback.append { for breaker in due { gates.wake(breaker, atMs: elapsedMs) } }
        }
        for breaker in due { try breakerChanged(breaker) }
    }

    private func tellOfGate(_ breaker: Name, to queues: Set<Name>) throws {
        let gates = engine.gates
        let isShut = engine.breakers.isShut(breaker)
        guard gates.note(breaker, isShut: isShut) else { return }
        engine.onRollback.append { _ = gates.note(breaker, isShut: !isShut) }
        for name in queues.sorted() {
            guard let queue = try queue(name) else { continue }
            var event = NewEvent(
                isShut ? .queueParked : .queueUnparked,
                isShut
                    ? "its breaker \(breaker) is open: \(queue.counts.ready.of("operation")) parked"
                    : "its breaker \(breaker) lets operations pass again")
            event.queue = name
            event.breaker = breaker
            try journal(event)
        }
    }

    private func wake(_ breaker: Name, atMs dueMs: Int64) {
        engine.gates.wake(breaker, atMs: dueMs)
        engine.note(dueAt: dueMs)
    }

    // MARK: Operations with a breaker of their own

    /// Ties an operation that was just enqueued to a breaker of its own.
    func tie(_ id: Int64, to breaker: Name) throws {
        try db.cachedStatement(sql: "UPDATE operations SET breaker = ? WHERE id = ?")
            .execute(arguments: [breaker.text, id])
        let operation = try operation(id)
        if operation.state == .ready, holdsBack(breaker) { try park(operation) }
    }

    /// Whether an operation of its own breaker must wait until that tries again.
    func holdsBack(_ breaker: Name) -> Bool {
        if case .shut = engine.breakers.gate(of: breaker, now: now) { true } else { false }
    }

    /// Takes an operation off the way of workers until its breaker lets it pass.
    func park(_ operation: OperationRow, attempt: Int64? = nil, lost: Int64? = nil) throws {
        try db.cachedStatement(
            sql: """
                UPDATE operations SET state = 3, due_at = expires_at, run_at = NULL, attempt = ?, lost = ?,
                    ended_at = NULL WHERE id = ?
                """
        ).execute(arguments: [attempt ?? operation.attempt, lost ?? operation.lost, operation.id])
        try endLease(of: operation)
        try queue(id: operation.queue).move(from: operation.state, to: .parked)
        if let expiresMs = operation.expiresMs { engine.note(dueAt: expiresMs) }
        if let breaker = operation.breaker, case .shut(let untilMs?) = engine.breakers.gate(of: breaker, now: now) {
            wake(breaker, atMs: untilMs)
        }
    }

    /// Does something to operations of a breaker in a state, the most urgent first; answers to how many.
    @discardableResult
    private func move(
        from state: OperationState, of breaker: Name, atMost limit: Int64, _ change: (OperationRow) throws -> Void
    ) throws -> Int64 {
        guard limit > 0 else { return 0 }
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(OperationRow.columns) FROM operations
                WHERE breaker = ? AND state = ? ORDER BY priority, id LIMIT ?
                """)
        let rows = try Row.fetchAll(statement, arguments: [breaker.text, state.code, limit])
        for row in rows { try change(OperationRow(row)) }
        return Int64(rows.count)
    }

    private func has(_ state: OperationState, of breaker: Name) throws -> Bool {
        try move(from: state, of: breaker, atMost: 1) { _ in } > 0
    }
}

extension Engine {
    /// Finds out which queues and operations are tied to which breakers.
    func loadGates(_ db: Database, now: Moment) throws {
        let queues = try Row.fetchCursor(
            db, sql: "SELECT name, settings ->> '$.breaker' AS breaker FROM queues WHERE breaker IS NOT NULL")
        while let row = try queues.next() {
            let breaker = Name(unchecked: row[1])
            gates.tie(Name(unchecked: row[0]), to: breaker)
            _ = gates.note(breaker, isShut: breakers.isShut(breaker))
        }
        var last = ""
        while let breaker = try String.fetchOne(
            db, sql: "SELECT min(breaker) FROM operations WHERE breaker > ?", arguments: [last])
        {
            gates.wake(Name(unchecked: breaker), atMs: now.elapsedMs)
            last = breaker
        }
    }
}
