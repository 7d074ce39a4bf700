import Glibc
import MendClient
import MendProtocol

/// Does one operation after the other, over a connection of its own.
final class WorkSlot {
    /// No answer for so long is as good as none.
    private static let patienceMs: Int64 = 10_000
    /// How long a socket that may not be used is tried again.
    private static let deniedMs: Int64 = 2000

    let settings: WorkSettings
    let stop: WorkStop
    let link: DaemonLink
    private let wake: Wake
    private var pauses = Pauses()
    /// Since when the socket has been closed to us.
    private var deniedSinceMs: Int64?

    init(_ settings: WorkSettings, stop: WorkStop, wake: Wake) {
        (self.settings, self.stop, self.wake) = (settings, stop, wake)
        link = DaemonLink(settings.globals, timeoutMs: Self.patienceMs)
    }

    private var voice: Voice { settings.voice }

    // MARK: Taking

    /// The next operation; nothing where none came in time, where the worker is to stop, or where the daemon was away for
    /// a while.
    func next(waitMs: Int64) throws(ClientError) -> Leased? {
        guard !stop.isAsked else { return nil }
        do throws(ClientError) {
            let leased = try lease(waitMs: waitMs)
            settings.presence.noteBack()
            pauses = Pauses()
            deniedSinceMs = nil
            guard let leased, stop.isAsked else { return leased }
            giveBack(leased)
        } catch {
            guard settings.isPatient, error.isWorthWaiting || mayBeAllowedSoon(error) else { throw error }
            if error.isAbsence { link.drop() }
            settings.presence.noteAway(error)
            pause()
        }
        return nil
    }

    /// systemd makes a socket before it gives it its group: whoever comes between the two is not shut out for good.
    private func mayBeAllowedSoon(_ error: ClientError) -> Bool {
        guard case .unreachable(let unreachable) = error, unreachable.errno == EACCES else { return false }
        let now = monotonicMs()
        let since = deniedSinceMs ?? now
        deniedSinceMs = since
        return now - since < Self.deniedMs
    }

    private func lease(waitMs: Int64) throws(ClientError) -> Leased? {
        let client = try link.connected()
        let call = Queue.Lease(
            queues: settings.queues, leaseMs: settings.lease, waitMs: waitMs > 0 ? Milliseconds(waitMs) : nil,
            worker: "mend \(getpid())", hold: .process(getpid()))
        let sent = try client.send(call)
        let untilMs = monotonicMs() + waitMs + Self.patienceMs
        while true {
            if let answer = try client.arrived(sent) { return answer.operations.first }
            if stop.isAsked { break }
            let leftMs = untilMs - monotonicMs()
            guard leftMs > 0 else { throw .timedOut }
            wake.clear()
            if stop.isAsked { break }
            wake.wait(ms: leftMs, or: client.descriptor)
        }
        // It may have been answered meanwhile; then there is something to be given back.
        _ = try client.call(System.Cancel(id: sent.requestID))
        do throws(ClientError) {
            return try client.receive(sent).operations.first
        } catch {
            guard case .failed(let refusal) = error, refusal.reason == .cancelled else { throw error }
            return nil
        }
    }

    private func pause() { wake.wait(ms: pauses.nextMs()) }

    // MARK: Doing

    /// Does an operation, and tells the daemon how it ended.
    ///
    /// - Returns: its command's exit status.
    func perform(_ leased: Leased) -> Int32 {
        let keeper = LeaseKeeper(leased, link: link, presence: settings.presence, stop: stop, wake: wake)
        var words = ["mend"]
        do {
            guard let task = try settings.plan.task(for: leased, watch: keeper) else {
                return abandon(leased, keeper, status: ExitStatus.tryLater.rawValue)
            }
            words = task.words
            let outcome = try task.attempt.run(InputReplay(task.input.utf8), signals: nil, watch: keeper)
            if keeper.isLost || (outcome.isEndedByWatch && outcome.status != 0) {
                return abandon(leased, keeper, status: outcome.status)
            }
            guard outcome.status == 0 else {
                return fail(leased, keeper, FailedRun(outcome), words, in: task.attempt.directory)
            }
            complete(leased, keeper, outcome.durationMs)
            task.cleanUp?()
            return 0
        } catch let failure as ChildProcess.StartFailure {
            return fail(leased, keeper, FailedRun(failure), words, in: nil)
        } catch let refusal as WorkRefusal {
            var report = Errors.Report(message: refusal.message)
            report.service = "mend"
            report.category = refusal.category
            report.code = refusal.code
            tell(leased, keeper, report, refusal.message)
            return 65
        } catch {
            voice.say("\(Self.title(leased)) is given back: \(error)")
            giveBack(leased)
            return 125
        }
    }

    static func title(_ leased: Leased) -> String { "operation \(leased.operation) of \(leased.queue)" }

    private func complete(_ leased: Leased, _ keeper: LeaseKeeper, _ durationMs: Int64) {
        let call = Queue.Complete(operation: leased.operation, lease: leased.lease)
        guard tell(call, leased, until: keeper) != nil else { return }
        voice.sayMore("\(Self.title(leased)) is done, in \(DurationText.text(durationMs))")
    }

    private func fail(
        _ leased: Leased, _ keeper: LeaseKeeper, _ failed: FailedRun, _ words: [String], in directory: String?
    ) -> Int32 {
        var report = failed.report(of: words, in: directory)
        switch failed.status {
        // Whatever it says beside, the command knows this best (sysexits.h).
        case ExitStatus.tryLater.rawValue: report.category = .transient
        case 65: report.category = .data
        default: break
        }
        tell(leased, keeper, report, failed.summary(of: words))
        return failed.status
    }

    private func tell(_ leased: Leased, _ keeper: LeaseKeeper, _ report: Errors.Report, _ summary: String) {
        var report = report
        report.occurredAt = Timestamp(WallClock.system().nowMs)
        let call = Queue.Fail(operation: leased.operation, lease: leased.lease, error: report)
        guard let answer = tell(call, leased, until: keeper) else { return }
        let next =
            if answer.state == .scheduled, let afterMs = answer.verdict.retry.afterMs {
                "the next attempt follows in \(DurationText.text(afterMs))"
            } else {
                "it is \(answer.state.rawValue)"
            }
        voice.say(
            """
            \(Self.title(leased)): attempt \(leased.attempt) of \(leased.maxAttempts): \(summary) \
            (error \(answer.verdict.error), group \(answer.verdict.group)): \(next) [\(answer.verdict.why)]
            """)
    }

    /// Its command was ended: nothing is said about the operation, which is somebody else's or is given back.
    private func abandon(_ leased: Leased, _ keeper: LeaseKeeper, status: Int32) -> Int32 {
        if keeper.isLost {
            voice.say("\(Self.title(leased)): its lease is lost, so its command was ended and nothing is completed")
        } else {
            giveBack(leased)
        }
        return status == 0 ? ExitStatus.tryLater.rawValue : status
    }

    private func giveBack(_ leased: Leased) {
        do throws(ClientError) {
            _ = try link.call(Queue.Release(operation: leased.operation, lease: leased.lease))
            voice.sayMore("\(Self.title(leased)) is given back, and no attempt is spent")
        } catch {
            voice.say("\(Self.title(leased)) could not be given back: \(error.message)")
        }
    }

    /// Tells the daemon how an operation ended, again and again while the daemon is away: it answers as it did before.
    ///
    /// - Returns: nothing where that is of no use any more.
    private func tell<M: Method>(_ method: M, _ leased: Leased, until keeper: LeaseKeeper) -> M.Answer? {
        var pauses = Pauses()
        while true {
            do throws(ClientError) {
                let answer = try link.call(method)
                settings.presence.noteBack()
                return answer
            } catch {
                // A worker that waits for the daemon anyway goes on; the daemon, back, still knows the lease for a while.
                let mayGoOn = !stop.isEnding && (settings.isPatient || monotonicMs() < keeper.untilMs)
                guard error.isWorthWaiting, mayGoOn else {
                    voice.say("how \(Self.title(leased)) ended could not be told: \(error.message)", hint: error.hint)
                    return nil
                }
                settings.presence.noteAway(error)
                wake.clear()
                guard !stop.isEnding else { continue }
                wake.wait(ms: pauses.nextMs())
            }
        }
    }
}
