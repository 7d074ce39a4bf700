import CLinux
import Dispatch
import MendEngine
import Synchronization

/// The thread that owns the engine: it takes the calls that have come meanwhile, commits them at once, and hands out the
/// answers. While a commit syncs, the next batch gathers: that is the group commit, and nothing is ever delayed for it.
final class Writer: Sendable {
    private struct Inbox {
        var calls: [WriterCall] = []
        var isSleeping = false
        var isStopping = false
        /// What others have met that ends the writer.
        var failure: CommitFailed?
    }

    /// What the writer tells others; called on its thread.
    struct Reports: Sendable {
        /// Answers whose calls are on disk, and whether they are so long that the next must wait until they are handed out.
        var outcomes: @Sendable ([CallOutcome], _ areLong: Bool) -> Void
        /// A commit has brought events into the journal, up to this number.
        var journalGrew: @Sendable (Int64) -> Void
        /// The writer is alive; told at least every `beatMs`.
        var beat: @Sendable () -> Void
        /// Whether there is no room for new work; told again with each checkpoint.
        var space: @Sendable (Bool) -> Void
        /// A commit failed, and what it was to do is not done. Where it met damage, the state is closed already; otherwise
        /// the process must end.
        var failed: @Sendable (CommitFailed) -> Void
        /// The writer has stopped; nothing follows.
        var stopped: @Sendable () -> Void
    }

    /// The engine on its way to its thread. It is not used anywhere else afterwards, which the compiler cannot see
    /// through Dispatch.
    private struct Moved: @unchecked Sendable {
        let engine: Engine
    }

    /// The calm after which what is left in the log is checkpointed. Under load, `Engine.checkpointPages` decides. A log
    /// of bounded length is written over and over in the same place: a sync of it then has no new size of the file to
    /// bring to disk.
    private static let checkpointCalmMs: Int64 = 1000

    private let inbox = Mutex(Inbox())
    private let bell = DispatchSemaphore(value: 0)
    private let clock: any Clock
    private let timeBase: TimeBase
    private let beatMs: Int64
    private let reports: Reports
    /// Since when a commit or a checkpoint is under way, in ms since the boot.
    private let syncingSinceMs = Atomic<Int64>(notSyncing)
    private static let notSyncing: Int64 = -1

    init(engine: sending Engine, clock: any Clock, beatMs: Int64, reports: Reports) {
        self.clock = clock
        self.beatMs = beatMs
        self.reports = reports
        timeBase = engine.timeBase
        let moved = Moved(engine: engine)
        DispatchQueue(label: "mend.writer").async { self.run(moved.engine) }
    }

    /// For how long a commit or a checkpoint has been under way; nothing while there is none.
    var syncingForMs: Int64? {
        let since = syncingSinceMs.load(ordering: .relaxed)
        return since == Self.notSyncing ? nil : max(0, clock.read().sinceBootMs - since)
    }

    var now: Moment { timeBase.moment(clock.read()) }

    /// Hands calls over. Those of one user are applied in the order in which they come here.
    func submit(_ calls: [WriterCall]) {
        let mustWake = inbox.withLock { inbox in
            inbox.calls += calls
            defer { inbox.isSleeping = false }
            return inbox.isSleeping
        }
        if mustWake { bell.signal() }
    }

    /// Ends the writer as if it had met that itself.
    func fail(_ failure: CommitFailed) {
        inbox.withLock { $0.failure = failure }
        bell.signal()
    }

    /// Ends the writer once it has done what it was given.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        bell.signal()
    }

    private func run(_ engine: Engine) {
        var uncheckpointed = 0
        var beatenAtMs = Int64.min
        var checkpointedAtMs = Int64.min / 2
        var backlog = Backlog()
        var lastEvent = engine.lastEvent
        do {
            while true {
                let now = now
                if beatenAtMs == .min || now.elapsedMs - beatenAtMs >= beatMs {
                    beatenAtMs = now.elapsedMs
                    reports.beat()
                    try engine.checkPlace()
                    // What could not be written, as on a full disk, is tried again without anybody asking.
                    if engine.breakers.claimPersist() { submit([.persistBreakers(ticket: .unanswered)]) }
                }
                let isDue = engine.nextDue.map { $0 <= now.elapsedMs } ?? false
                let (arrived, isStopping) = try take(orSleep: !isDue && backlog.isEmpty)
                let calls = backlog.batch(adding: arrived)
                if calls.isEmpty && !isDue {
                    if isStopping { break }
                    let calm = sleep(
                        untilDue: engine.nextDue, now: now, mustCheckpoint: uncheckpointed > 0)
                    if calm && uncheckpointed > 0 {
                        // What is given back is checkpointed in the next calm, which gives back more.
                        uncheckpointed = try checkpoint(engine) + engine.vacuum()
                        if uncheckpointed == 0 { Self.returnMemory() }
                    }
                    continue
                }
                let reading = clock.read()
                syncingSinceMs.store(reading.sinceBootMs, ordering: .relaxed)
                let outcomes = try engine.commit(calls, now: timeBase.moment(reading))
                syncingSinceMs.store(Self.notSyncing, ordering: .relaxed)
                backlog.putBack(engine.takePostponed())
                reports.outcomes(outcomes, engine.hasLongAnswers)
                if engine.lastEvent != lastEvent {
                    lastEvent = engine.lastEvent
                    reports.journalGrew(lastEvent)
                }
                uncheckpointed += engine.takeWrittenPages()
                let mustRetry = engine.isShortOfSpace && now.elapsedMs - checkpointedAtMs >= Self.checkpointCalmMs
                if uncheckpointed >= engine.checkpointPages || mustRetry {
                    uncheckpointed = try checkpoint(engine)
                    checkpointedAtMs = now.elapsedMs
                }
            }
            if engine.breakers.hasUnsaved { _ = try engine.commit([.persistBreakers(ticket: .unanswered)], now: now) }
            _ = try checkpoint(engine)
            try engine.close()
        } catch {
            if error.damage != nil { engine.abandon() }
            reports.failed(error)
        }
        reports.stopped()
    }

    /// Gives back what a flood has left, once it is over: glibc keeps what was freed between what is in use.
    private static func returnMemory() {
        if mallinfo2().fordblks > 64 << 20 { malloc_trim(0) }
    }

    /// What is left to checkpoint: nothing, or as much as makes the next calm try again.
    private func checkpoint(_ engine: Engine) throws(CommitFailed) -> Int {
        syncingSinceMs.store(clock.read().sinceBootMs, ordering: .relaxed)
        defer {
            syncingSinceMs.store(Self.notSyncing, ordering: .relaxed)
            reports.space(engine.isShortOfSpace)
        }
        return try engine.checkpoint() ? 0 : 1
    }

    private func take(orSleep maySleep: Bool) throws(CommitFailed) -> (calls: [WriterCall], isStopping: Bool) {
        try inbox.withLock { inbox throws(CommitFailed) in
            if let failure = inbox.failure { throw failure }
            let calls = inbox.calls
            inbox.calls = []
            inbox.isSleeping = calls.isEmpty && maySleep && !inbox.isStopping
            return (calls, inbox.isStopping)
        }
    }

    /// Sleeps until there are calls, or something is due, or a sign of life is; tells whether it was calm for long
    /// enough to checkpoint.
    private func sleep(untilDue due: Int64?, now: Moment, mustCheckpoint: Bool) -> Bool {
        let calmMs = mustCheckpoint ? Self.checkpointCalmMs : .max
        let ms = max(0, min(beatMs, calmMs, due.map { $0 - now.elapsedMs } ?? .max))
        let timedOut = bell.wait(timeout: .now() + .milliseconds(Int(ms))) == .timedOut
        inbox.withLock { $0.isSleeping = false }
        return timedOut && ms == calmMs
    }
}
