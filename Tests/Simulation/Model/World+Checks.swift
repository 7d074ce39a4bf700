import GRDB
import MendEngine
import MendProtocol

extension World {
    /// Looks at the tables: do they agree with themselves, and with what clients were told?
    func check() throws {
        try database.read { db in
            try checkOperations(db)
            try checkTransactions(db)
            try checkJournal(db)
            try checkCounts(db)
        }
        try listEvents()
    }

    /// Looks at the whole file, as `mendd verify` does.
    func verify() throws {
        let findings = try database.read(StateCheck.findings)
        try require(findings.isEmpty, .countsAgree, findings.joined(separator: "; "))
    }

    /// Looks at what must hold after every commit.
    ///
    /// - Parameter awaited: queues that calls wait for.
    func checkCommit(_ awaited: Set<Name>) throws {
        try database.read { db in
            let late = try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT id FROM operations WHERE due_at <= ? AND state <= 4"),
                arguments: [now.elapsedMs])
            try require(late.isEmpty, .onTime, "operations \(late) are due, and nobody looked")
        }
        for operation in queues.held {
            guard let holding = operation.holding, let id = operation.id else { continue }
            let entry = history.entries[id]
            guard entry?.state == .leased, entry?.lease == holding.lease else { continue }
            try require(
                !holding.ownerHasEnded && (!holding.isOrphan || holding.untilMs > now.elapsedMs), .holdsEnd,
                "operation \(id) is leased by lease \(holding.lease), whose owner is no more")
        }
        for queue in awaited.sorted() { try checkAwaited(queue) }
    }

    /// Nobody waits for what is there.
    private func checkAwaited(_ name: Name) throws {
        let row = try database.read { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT id, ready, paused FROM queues WHERE name = ?"), arguments: [name.text])
        }
        guard let row, row["ready"] as Int64 > 0, !(row["paused"] as Bool) else { return }
        let limits = history.limits[row["id"]] ?? Limits()
        try require(!limits.mayLease(at: now), .onTime, "something is ready on \(name), and somebody waits for it")
    }

    private func checkCounts(_ db: Database) throws {
        let states = ["held", "scheduled", "ready", "parked", "leased", "done", "dead", "cancelled", "expired"]
        for queue in try Row.fetchAll(db, sql: "SELECT * FROM queues") {
            let counted = try Row.fetchAll(
                db, sql: "SELECT state, count(*) FROM operations WHERE queue = ? GROUP BY state",
                arguments: [queue["id"]])
            let byState = Dictionary(uniqueKeysWithValues: counted.map { ($0[0] as Int64, $0[1] as Int64) })
            var live: Int64 = 0
            for (code, state) in states.enumerated() {
                let said: Int64 = queue[state]
                let there = byState[Int64(code)] ?? 0
                try require(
                    said == there, .countsAgree, "\(queue["name"] as String) says \(said) \(state), and has \(there)")
                if code <= 4 { live += there }
            }
            if queue["name"] != TransactionModel.queue.text {
                // Dead letters that are put back are not new work.
                try require(
                    live <= Self.settings.queueMaxSize + queues.revivals, .limitsHeld, "\(live) operations are live")
            }
        }
        let strange = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM operations WHERE NOT CASE state
                    WHEN 1 THEN (due_at IS NOT NULL OR lane_place = 1) AND ended_at IS NULL
                    WHEN 2 THEN ended_at IS NULL AND run_at IS NULL
                    WHEN 4 THEN due_at IS NOT NULL AND lease IS NOT NULL AND attempt BETWEEN 1 AND max_attempts
                    ELSE ended_at IS NOT NULL END
                """)
        try require(strange.isEmpty, .countsAgree, "operations \(strange) contradict themselves")
    }

    private func checkJournal(_ db: Database) throws {
        let row = try Row.fetchOne(db, sql: "SELECT count(*), coalesce(max(event) - min(event) + 1, 0) FROM events")
        let (count, span): (Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0)
        try require(count == span, .journalWithoutGaps, "\(count) events have \(span) numbers")
    }

    /// Reads on in the journal, as who keeps its numbers does.
    private func listEvents() throws {
        var call = Events.List()
        while true {
            call.after = listedEvent
            let answer = try engine.reader.answer(
                call, caller: Self.root, now: now,
                facts: ServerFacts(version: "1", startedAt: 0, connections: 0, calls: .init(answered: 0)))
            for event in answer.events {
                try require(
                    event.event == listedEvent + 1 || answer.missed != nil, .journalWithoutGaps,
                    "event \(event.event) is listed after \(listedEvent)")
                listedEvent = event.event
            }
            guard !answer.events.isEmpty else { break }
        }
        try require(
            listedEvent == history.lastEvent, .journalWithoutGaps,
            "\(listedEvent) is the last event that is listed, and \(history.lastEvent) was written")
    }

    private func checkOperations(_ db: Database) throws {
        let done: Int64 = 5
        let cancelled: Int64 = 7
        let rows = try Row.fetchAll(db, sql: "SELECT id, state, payload FROM operations")
        let states = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as Int64, ($0[1] as Int64, $0[2] as String)) })
        for operation in queues.known where operation.isAcknowledged && !operation.isGone {
            guard let id = operation.id else { continue }
            guard let (state, payload) = states[id] else {
                throw Violation(.nothingLost, "operation \(id) was acknowledged, and is not there")
            }
            try require(payload == "\(operation.nonce)", .nothingInvented, "operation \(id) has another's payload")
            guard !operation.isUncertain else { continue }
            switch operation.end {
            case .done: try require(state == done, .nothingLost, "operation \(id) was done, and is in state \(state)")
            case .cancelled:
                try require(state == cancelled, .nothingLost, "operation \(id) was cancelled, and is in state \(state)")
            case .expired:
                try require(state == 8, .nothingLost, "operation \(id) was expired, and is in state \(state)")
            case .dead, nil:
                try require(
                    state != done && state != cancelled, .nothingLost,
                    "operation \(id) ended by itself, in state \(state)")
            }
        }
    }

    private func checkTransactions(_ db: Database) throws {
        for transaction in transactions.all {
            let row = try Row.fetchOne(
                db, sql: "SELECT state FROM transactions WHERE id = ?", arguments: [transaction.id])
            guard let row else {
                throw Violation(.nothingLost, "transaction \(transaction.id) was acknowledged, and is not there")
            }
            let state: String = row[0]
            if state == "committed" {
                try require(transaction.commitSent, .nothingLost, "transaction \(transaction.id) committed by itself")
            }
            if transaction.commitTold {
                try require(
                    state == "committed", .nothingLost, "transaction \(transaction.id) is \(state), not committed")
            }
            guard state == "rolled_back" else { continue }
            for step in transaction.steps where step.hasUndo {
                guard let number = step.number,
                    history.transactions.state(ofStep: number, of: transaction.id) != .skipped
                else { continue }
                try require(
                    step.wasUndone || step.mayBeUndone, .undoneAtLeastOnce,
                    "transaction \(transaction.id) is rolled back, and step \(number) was never undone")
            }
        }
    }
}
