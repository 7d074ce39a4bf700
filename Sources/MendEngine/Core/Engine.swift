import GRDB
import MendProtocol
import MendRules
import MendWire

/// The state machine: what calls mean, and what happens with time.
///
/// It has no clock, no randomness and no I/O of its own but the database: the time and the seed are handed in. One
/// thread owns it. What it keeps in memory is a copy of what is on disk, and is forgotten when a transaction is rolled
/// back; what waits (long polls) is put back as it was.
package final class Engine {
    package internal(set) var settings: EngineSettings
    package let instance: String
    package let timeBase: TimeBase
    package let breakers: BreakerTable
    package let rules: RulesInForce
    /// What prepares reports, also beside the writer.
    package internal(set) var intake: ReportIntake

    let database: any DatabaseWriter
    /// Held for its lock: nobody else may open the state while this engine lives.
    var directory: StateDirectory?
    /// What the answers of the commit under way hold of payloads and results, in bytes.
    var answerBytes = 0
    /// Calls of the last commit that were not begun, since its answers hold so much already: they come first in the next.
    var postponed: [WriterCall] = []
    /// The files that are open, the database and its log; none where the database is in memory.
    var files: [String: FileIdentity] = [:]
    var counters: Counters
    /// What the row of counters says.
    var writtenCounters: Counters
    /// Pages that commits have written to the log since it was last asked.
    var writtenPages = 0
    let statements = HotStatements()
    var random: RandomSource
    var queues = QueueCache()
    var waiters = Waiters()
    let endWaiters = EndWaiters()
    let holds = HoldTable()
    let gates = Gates()
    let replays = ReplayTable()
    /// Until when owners may present tokens of an earlier run of the daemon, and the last lease of that run.
    var graceUntilMs: Int64 = .min
    var lastLeaseAtStart: Int64 = 0
    /// Room for what ends work; nothing where the state is in memory.
    var space: SpaceReserve?
    /// Whether that room could not be made whole: then no new work is taken.
    package internal(set) var isShortOfSpace = false
    var toldShortOfSpace = false
    var reportQuota = ReportQuota()
    /// The batch's reports, and how things ended in this minute, until they are written.
    var reportTally = ReportTally()
    let outcomeTally = OutcomeTally()
    let statisticKeys = StatisticKeys()
    var rolledHour: Int64?
    /// The last report that is in the index of words, and the minute of the last one.
    var indexedError: Int64
    var spanMinute: Int64?
    var miners = TemplateMiners()
    var groupTallies = GroupTallies()
    /// Whether what is done now is taken back in any case: nobody beside the writer may see it.
    var isDryRun = false
    /// Reports refused for want of space, to be told of when there is some again.
    var reportsRefused: Int64 = 0
    /// Undoes what a call changed in shared memory, run last-first when its transaction is rolled back.
    var onRollback: [() -> Void] = []
    /// When a timer has something to do at the earliest; nothing where nothing is due ever.
    private(set) var nextDueMs: Int64?
    /// Wall time minus elapsed time, as last seen: a change means that the wall clock jumped.
    var wallOffsetMs: Int64?
    var retentionCheckedAtMs: Int64?
    /// Up to which due time ended operations were looked at, while there are too many of them.
    var endedSeenUpToMs: Int64 = .min
    /// Whose kept answers are too many, while they are forgotten.
    var answersToForget: AnswersToForget?
    /// What the journal is to tell of the run before this one.
    var lastRun: LastRun?

    init(
        database: any DatabaseWriter, settings: EngineSettings, rules: RulesInForce, breakers: BreakerTable,
        counters: Counters, instance: String, timeBase: TimeBase, seed: UInt64
    ) {
        self.database = database
        self.settings = settings
        self.rules = rules
        intake = ReportIntake(rules: rules, masker: settings.masker)
        self.breakers = breakers
        self.counters = counters
        writtenCounters = counters
        indexedError = counters.error
        self.instance = instance
        self.timeBase = timeBase
        self.random = RandomSource(seed: seed)
        // The first commit looks for itself.
        nextDueMs = .min
    }

    /// The milliseconds of elapsed time until a timer has something to do; nothing where none ever has.
    package var nextDue: Int64? { nextDueMs }

    /// The number of the last event: more than before a commit that grew the journal.
    package var lastEvent: Int64 { counters.event }

    /// Notes that something is due at `elapsedMs`.
    func note(dueAt elapsedMs: Int64) {
        nextDueMs = min(nextDueMs ?? .max, elapsedMs)
    }

    /// Replaces what was noted by what was found.
    func setNextDue(_ elapsedMs: Int64?) {
        nextDueMs = elapsedMs
    }

    /// Reads on a reader's connection, in a transaction of its own.
    package var reader: Reader { Reader(database: database, settings: settings, breakers: breakers, rules: rules) }
}

/// How the run of the daemon before this one ended.
struct LastRun {
    let wallOffsetMs: Int64
    /// Whether the host ended, too.
    let hostRestarted: Bool
    /// Whether the state is a backup of it.
    let isRestored: Bool
    /// Whether there was none.
    let isFirst: Bool
}

/// What reads beside the writer.
package struct Reader: Sendable {
    let database: any DatabaseReader
    var settings: EngineSettings
    let breakers: BreakerTable
    let rules: RulesInForce
    /// Told of damage that a read has met, on the thread that reads.
    package var metDamage: @Sendable (CommitFailed) -> Void = { _ in }

    package func answer<M: ReaderMethod>(
        _ method: M, caller: Caller, now: Moment, facts: ServerFacts
    ) throws(CallError) -> M.Answer {
        try reading { db in
            try method.read(
                ReadScope(
                    db: db, settings: settings, breakers: breakers, rules: rules.current, caller: caller, now: now,
                    facts: facts))
        }
    }

    /// Reads in a transaction of its own.
    func reading<Answer>(_ body: (Database) throws -> Answer) throws(CallError) -> Answer {
        do {
            return try database.read(body)
        } catch let error as CallError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_MISUSE {
            // It was closed meanwhile.
            throw CallError(.unavailable, "the state can no longer be read", hint: "mend system health tells why")
        } catch {
            let failure = CommitFailed(error, at: database.path, "the state could not be read")
            guard let damage = failure.damage else { throw CallError(.internalError, failure.description) }
            metDamage(failure)
            throw CallError(.unavailable, damage.description, hint: "mend system health tells more")
        }
    }
}
