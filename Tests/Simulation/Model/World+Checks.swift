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

    private func checkOperations(_ db: Database) throws {
        let done: Int64 = 5
        let cancelled: Int64 = 7
        let rows = try Row.fetchAll(db, sql: "SELECT id, state, payload FROM operations")
        let states = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as Int64, ($0[1] as Int64, $0[2] as String)) })
        for operation in queues.known where operation.isAcknowledged {
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
                try require(
                    step.wasUndone || step.mayBeUndone, .undoneAtLeastOnce,
                    "transaction \(transaction.id) is rolled back, and step \(step.number ?? 0) was never undone")
            }
        }
    }
}
