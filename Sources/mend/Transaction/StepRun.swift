import Glibc
import MendClient
import MendProtocol
import MendWire

/// One step of a transaction: its undo is on disk before its command starts. Where the command fails, the transaction is
/// rolled back and its undos are run.
struct StepRun {
    /// How long the daemon may be away.
    private static let patienceMs: Int64 = 30_000

    enum Undo {
        case script(String)
        case operation(queue: Name, payload: RawJSON)
    }

    let transaction: Int64
    let name: String
    let words: [String]
    var undo: Undo?
    var policy: PolicyChoice?
    var onExhausted: Transaction.Undo.OnExhausted?
    var timeoutMs: Int64?
    var killAfterMs: Int64 = 10_000
    /// Whether undos are left to `mend undo work`.
    var leavesUndos = false
    let globals: GlobalOptions

    private var voice: Voice { Voice(globals) }

    /// A step's name, out of what it does.
    static func name(_ text: String) -> String {
        var name = text.singleLine
        while name.utf8.count > 256 { name.removeLast(max(1, (name.utf8.count - 256) / 4)) }
        return name
    }

    static func link(_ globals: GlobalOptions) -> DaemonLink { DaemonLink(globals, timeoutMs: patienceMs) }

    /// Ends the program with the status that `body` has.
    static func conclude(_ body: (ForwardedSignals) throws -> Int32) throws {
        do {
            throw CommandStatus(try body(ForwardedSignals()))
        } catch let failure as SystemFailure {
            Notice.tell(failure.description)
            throw CommandStatus(125)
        }
    }

    /// - Returns: the command's exit status; where it is 0, the step is confirmed.
    func run(_ link: DaemonLink, _ signals: ForwardedSignals, meta: Meta? = nil) throws -> Int32 {
        let lock = try StepLock()
        defer { unlink(lock.path) }
        let step = try record(link, lock, meta)
        let watch = TransactionWatch(transaction, globals: globals)
        var attempt = Attempt(words: words)
        attempt.environment = [("MEND_TRANSACTION", String(transaction)), ("MEND_STEP", String(step))]
        attempt.timeoutMs = timeoutMs
        attempt.killAfterMs = killAfterMs
        attempt.keptDescriptor = lock.descriptor
        let failed: FailedRun
        do {
            let outcome = try attempt.run(InputReplay(isReplayed: false), signals: signals, watch: watch)
            if let end = watch.end, outcome.isEndedByWatch {
                lock.endOthers()
                return try leave(end, link, status: outcome.status, signals, lock)
            }
            // What has failed is undone: nothing of it runs on meanwhile.
            if outcome.status != 0 { lock.endOthers() }
            lock.release()
            guard outcome.status != 0 else { return try confirm(step, link, signals, lock) }
            failed = FailedRun(outcome)
        } catch let failure as ChildProcess.StartFailure {
            lock.release()
            voice.say(failure.message)
            failed = FailedRun(failure)
        }
        tell(failed, link)
        try rollBack(link, signals, because: "step \(step) (\(name.prefix(200))): \(failed.summary(of: words))")
        if let interruption = failed.interruption { throw CommandStatus(failed.status, interruption) }
        return failed.status
    }

    private func record(_ link: DaemonLink, _ lock: StepLock, _ meta: Meta?) throws -> Int64 {
        var meta = meta ?? Meta()
        // Told again, it is the same step.
        if meta.idempotencyKey == nil {
            meta.idempotencyKey = IdempotencyKey("step-\(UInt64.random(in: 0 ... .max))")
        }
        let call = Transaction.Step(
            transaction: transaction, name: name,
            undo: try undo.map { undo in
                switch undo {
                case .operation(let queue, let payload):
                    Transaction.Undo(queue: queue, payload: payload, policy: policy, onExhausted: onExhausted)
                case .script(let script):
                    Transaction.Undo(
                        queue: UndoScript.ownQueue, payload: try UndoScript.here(script, lock: lock.path).payload,
                        policy: policy, onExhausted: onExhausted)
                }
            })
        let answer = try link.call(call, meta: meta)
        // Of undos of the shell `begin` has told it, and where the step fails they are run here.
        if case .operation = undo { for warning in answer.warnings ?? [] { voice.say(warning) } }
        return answer.step
    }

    private func confirm(_ step: Int64, _ link: DaemonLink, _ signals: ForwardedSignals, _ lock: StepLock) throws
        -> Int32
    {
        do throws(ClientError) {
            _ = try link.callPatiently(
                Transaction.Confirm(transaction: transaction, step: step), forMs: Self.patienceMs, voice)
            return 0
        } catch {
            guard case .failed(let call) = error, call.reason == .conflict else { throw error }
            let end = try link.callPatiently(
                Transaction.Wait(transaction: transaction, waitMs: Milliseconds(unchecked: 0)),
                forMs: Self.patienceMs, voice)
            return try leave(end, link, status: 0, signals, lock)
        }
    }

    /// Somebody or something else has ended the transaction: this step has ended, and is undone with the others.
    private func leave(
        _ end: Transaction.EndAnswer, _ link: DaemonLink, status: Int32, _ signals: ForwardedSignals, _ lock: StepLock
    ) throws -> Int32 {
        voice.say(
            "transaction \(transaction) is no longer active (\(end.words)); \(status == 0 ? "the step came too late" : "its step was ended")"
        )
        lock.release()
        if end.state == .rollingBack { try rollBack(link, signals, because: nil) }
        return status == 0 ? ExitStatus.failed.rawValue : status
    }

    private func tell(_ failed: FailedRun, _ link: DaemonLink) {
        // Who ended it has no need to be told.
        guard failed.endingSignal == nil else { return }
        var report = failed.report(of: words)
        report.task = "transaction \(transaction)"
        _ = link.report(report) { voice.say($0) }
    }

    private func rollBack(_ link: DaemonLink, _ signals: ForwardedSignals, because reason: String?) throws {
        do {
            let end: Transaction.EndAnswer
            if leavesUndos {
                end = try link.callPatiently(
                    Transaction.Rollback(transaction: transaction, reason: reason), forMs: Self.patienceMs, voice)
            } else {
                let undos = UndoRun(transaction: transaction, globals: globals, signals: signals, voice: voice)
                end = try undos.run(link, reason: reason)
            }
            voice.say("transaction \(transaction): \(end.words)", hint: end.hint(transaction))
        } catch let error as ClientError {
            Notice.tell(
                "transaction \(transaction) could not be rolled back: \(error.message)",
                hint: "its deadline does it, or `mend txn rollback \(transaction)`")
        }
    }
}
