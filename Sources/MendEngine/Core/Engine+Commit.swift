import GRDB
import MendProtocol
import MendWire

/// A commit that failed for another reason than want of space: what is on disk is not known, so the process must end and
/// begin again from there. A failed sync must not be tried again (https://www.sqlite.org/atomiccommit.html, "fsync").
package struct CommitFailed: Error, CustomStringConvertible {
    package let description: String
    /// The damage that it met, which a new start would meet again; nothing where it failed for another reason.
    package let damage: StateError?

    /// - Parameter what: what could not be done.
    init(_ error: any Error, at path: String, _ what: String? = nil) {
        description = (what.map { "\($0): " } ?? "") + "\(error)"
        damage = (error as? DatabaseError)?.damage(to: path)
    }

    init(_ damage: StateError) {
        description = damage.description
        self.damage = damage
    }
}

extension Engine {
    /// Applies calls, due work and waiting calls in one transaction, and answers once it is on disk.
    ///
    /// - Returns: an outcome for each call that has one now, and for waiting calls that got theirs.
    package func commit(_ calls: [WriterCall], now: Moment) throws(CommitFailed) -> [CallOutcome] {
        try checkPlace()
        do {
            return try database.writeWithoutTransaction { db in
                do {
                    return try attempt(calls, on: db, now: now, isGuarded: false)
                } catch is ChangedThenFailed {
                    do {
                        return try attempt(calls, on: db, now: now, isGuarded: true)
                    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                        return try oneByOne(calls, on: db, now: now)
                    }
                } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                    return try oneByOne(calls, on: db, now: now)
                }
            }
        } catch {
            throw CommitFailed(error, at: database.path)
        }
    }

    /// Whether the files that are open are still those that the next start would find: what is answered must be there then.
    package func checkPlace() throws(CommitFailed) {
        if let moved { throw CommitFailed(.moved(path: moved)) }
    }

    /// The path that names another file now, or none.
    var moved: String? { files.first { FileIdentity($0.key) != $0.value }?.key }

    /// Whether the commit under way has answers enough: all are in memory at once.
    var isFullOfAnswers: Bool { answerBytes >= Self.answersLimit }
    private static let answersLimit = 4 << 20

    /// The calls that the last commit has left, once.
    package func takePostponed() -> [WriterCall] {
        defer { postponed = [] }
        return postponed
    }

    /// Whether the answers of the last commit hold much.
    package var hasLongAnswers: Bool { answerBytes >= Self.answersLimit / 4 }

    /// A call failed after it had changed something, in a batch without savepoints.
    private struct ChangedThenFailed: Error {}

    private func attempt(
        _ calls: [WriterCall], on db: Database, now: Moment, isGuarded: Bool, runsTimers: Bool = true
    ) throws -> [CallOutcome] {
        let saved = Memory(self)
        let scope = Scope(db: db, engine: self, now: now)
        let changesBefore = db.totalChangesCount
        var outcomes: [CallOutcome] = []
        outcomes.reserveCapacity(calls.count)
        (answerBytes, postponed) = (0, [])
        do {
            try db.beginTransaction(.immediate)
            for (index, call) in calls.enumerated() {
                if isFullOfAnswers {
                    postponed = Array(calls[index...])
                    break
                }
                let outcome = try isGuarded || call.isDryRun ? runGuarded(call, scope) : run(call, scope)
                // A lease call serves those who waited before it: answers come in the order of the leases.
                waiters.takeServed(&outcomes)
                if let outcome { outcomes.append(outcome) }
            }
            if runsTimers { try scope.runDue(&outcomes) }
            try scope.serveWaiters(&outcomes)
            try scope.serveEndWaiters(&outcomes)
            try flush(db, now: now, mustWriteCounters: db.totalChangesCount != changesBefore)
            try db.commit()
            writtenPages += Self.writtenPages(db)
            outcomeTally.committed(minute: now.wallMinute)
            onRollback.removeAll()
            if gates.isTouched, gates.committed(breakers, now: now) { note(dueAt: now.elapsedMs) }
            return outcomes
        } catch {
            // SQLite has rolled back by itself after some errors (https://www.sqlite.org/lang_transaction.html).
            if db.isInsideTransaction { try db.rollback() }
            forget(to: saved)
            throw error
        }
    }

    /// Runs a call of which nothing has to be taken back as long as calls fail before they change anything.
    private func run(_ call: WriterCall, _ scope: Scope) throws -> CallOutcome? {
        let changesBefore = scope.db.totalChangesCount
        do {
            return try call.outcome(in: scope)
        } catch let error as CallError where scope.db.totalChangesCount == changesBefore {
            return CallOutcome(ticket: call.ticket, result: .failure(error))
        } catch let error as DatabaseError where error.isAboutTheDisk {
            throw error
        } catch {
            throw ChangedThenFailed()
        }
    }

    /// Runs a call inside a savepoint, so that it can fail alone whatever it did; a dry run is taken back in any case.
    private func runGuarded(_ call: WriterCall, _ scope: Scope) throws -> CallOutcome? {
        // Memory before this call must be on disk, so that forgetting it loses nothing.
        try flush(scope.db, now: scope.now, mustWriteCounters: true)
        let saved = Memory(self)
        let undone = onRollback
        onRollback = []
        try scope.db.cachedStatement(sql: "SAVEPOINT call").execute()
        isDryRun = call.isDryRun
        defer { isDryRun = false }
        do {
            let outcome = try call.outcome(in: scope)
            if call.isDryRun { throw DryRunEnded(outcome: outcome) }
            try scope.db.cachedStatement(sql: "RELEASE call").execute()
            onRollback = undone + onRollback
            return outcome
        } catch let error as DatabaseError where error.isAboutTheDisk {
            onRollback = undone + onRollback
            throw error
        } catch {
            try scope.db.cachedStatement(sql: "ROLLBACK TO call").execute()
            try scope.db.cachedStatement(sql: "RELEASE call").execute()
            forget(to: saved)
            onRollback = undone
            if let ended = error as? DryRunEnded { return ended.outcome ?? call.refusalToWait }
            let failure = (error as? CallError) ?? CallError(.internalError, "the call could not be done: \(error)")
            return CallOutcome(ticket: call.ticket, result: .failure(failure))
        }
    }

    /// What a dry run would have answered; nothing where it would have waited.
    private struct DryRunEnded: Error {
        let outcome: CallOutcome?
    }

    /// With no space left, each call gets a transaction of its own: what fits is done, what does not says `disk_full`.
    /// So do the timers, lest a call that fits fails for them.
    private func oneByOne(_ calls: [WriterCall], on db: Database, now: Moment) throws -> [CallOutcome] {
        var outcomes: [CallOutcome] = []
        for call in calls {
            do {
                outcomes += try attempt([call], on: db, now: now, isGuarded: true, runsTimers: false)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                // What the log holds may be all that is in the way.
                try Self.checkpoint(db)
                do {
                    outcomes += try attempt([call], on: db, now: now, isGuarded: true, runsTimers: false)
                } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                    noteSpace(isShort: true)
                    outcomes.append(CallOutcome(ticket: call.ticket, result: .failure(.diskFull)))
                }
            }
        }
        do {
            outcomes += try attempt([], on: db, now: now, isGuarded: false)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            setNextDue(now.elapsedMs + 1000)
        }
        return outcomes
    }

    /// Writes down what memory knows. Whatever was changed may have used `now`, which is kept with it: the clock must
    /// never begin again before that.
    private func flush(_ db: Database, now: Moment, mustWriteCounters: Bool) throws {
        let countedGroups = try writeGroupTallies(db)
        try flushStatistics(db, now: now)
        try flushHistory(db, now: now)
        let toldByQueues = try queues.flush(db, counters, now: now)
        if toldByQueues && counters.differsOnlyInQueues(from: writtenCounters) { return }
        guard toldByQueues || mustWriteCounters || countedGroups else { return }
        try counters.write(db, at: now)
        writtenCounters = counters
    }

    /// Forgets what memory says beyond what is on disk.
    private func forget(to saved: Memory) {
        counters = saved.counters
        writtenCounters = saved.writtenCounters
        waiters = saved.waiters
        wallOffsetMs = saved.wallOffsetMs
        retentionCheckedAtMs = saved.retentionCheckedAtMs
        toldShortOfSpace = saved.toldShortOfSpace
        reportsRefused = saved.reportsRefused
        reportQuota = saved.reportQuota
        reportTally = saved.reportTally
        outcomeTally.takeBack(to: saved.outcomes)
        statisticKeys.forget()
        rolledHour = nil
        groupTallies = GroupTallies()
        indexedError = saved.indexedError
        spanMinute = nil
        setNextDue(saved.nextDueMs)
        queues = QueueCache()
        statements.removeAll()
        for undo in onRollback.reversed() { undo() }
        onRollback.removeAll()
    }
}

/// What the engine knows beside the disk, as it was before something that may have to be taken back.
private struct Memory {
    let counters: Counters
    let writtenCounters: Counters
    let waiters: Waiters
    let wallOffsetMs: Int64?
    let retentionCheckedAtMs: Int64?
    let toldShortOfSpace: Bool
    let reportsRefused: Int64
    let reportQuota: ReportQuota
    let reportTally: ReportTally
    let outcomes: OutcomeTally.Mark
    let indexedError: Int64
    let nextDueMs: Int64?

    init(_ engine: Engine) {
        counters = engine.counters
        writtenCounters = engine.writtenCounters
        waiters = engine.waiters
        wallOffsetMs = engine.wallOffsetMs
        retentionCheckedAtMs = engine.retentionCheckedAtMs
        toldShortOfSpace = engine.toldShortOfSpace
        reportsRefused = engine.reportsRefused
        reportQuota = engine.reportQuota
        reportTally = engine.reportTally
        outcomes = engine.outcomeTally.mark
        indexedError = engine.indexedError
        nextDueMs = engine.nextDue
    }
}

extension WriterCall {
    fileprivate var refusalToWait: CallOutcome {
        let error = CallError(
            .invalidParams, "nothing is there yet, and a dry run does not wait", field: "_meta.dry_run",
            hint: "ask without wait_ms")
        return CallOutcome(ticket: ticket, result: .failure(error))
    }
}

extension DatabaseError {
    /// Whether it says something about the disk and not about the call.
    var isAboutTheDisk: Bool {
        switch resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_NOMEM, .SQLITE_READONLY,
            .SQLITE_CANTOPEN:
            true
        default: false
        }
    }
}
