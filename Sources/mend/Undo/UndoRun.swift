import Glibc
import MendClient
import MendProtocol

/// Rolls a transaction back and runs the undos of its steps here, until that is done, it is parked, or others have to go on.
struct UndoRun {
    /// How long to wait for the next undo before looking how far the transaction is.
    private static let waitMs: Int64 = 500
    /// How long the daemon may be away where the rollback is not begun yet.
    private static let patienceMs: Int64 = 30_000

    let transaction: Int64
    let globals: GlobalOptions
    let signals: ForwardedSignals
    let voice: Voice

    func run(_ link: DaemonLink, reason: String?, toStep: Int64? = nil, meta: Meta? = nil) throws
        -> Transaction.EndAnswer
    {
        let call = Transaction.Rollback(transaction: transaction, reason: reason, toStep: toStep)
        let begun = try link.callPatiently(call, meta: meta, forMs: Self.patienceMs, voice)
        guard begun.state == .rollingBack else { return begun }
        var settings = WorkSettings(
            globals, queues: [UndoScript.ownQueue], plan: UndoPlan(voice, isShown: true), voice: voice)
        settings.isPatient = true
        let transaction = transaction
        let voice = voice
        _ = try Worker(settings: settings, signals: signals, graceMs: 0).run(slots: 1) { slot in
            try Self.undo(transaction, slot, voice)
            return 0
        }
        return try link.callPatiently(
            Transaction.Wait(transaction: transaction, waitMs: Milliseconds(unchecked: 0)), forMs: Self.patienceMs,
            voice)
    }

    private static func undo(_ transaction: Int64, _ slot: WorkSlot, _ voice: Voice) throws {
        while !slot.stop.isAsked {
            let now = try slot.link.callPatiently(Transaction.Get(transaction: transaction), forMs: patienceMs, voice)
            guard now.info.state == .rollingBack else { return }
            if let step = now.steps.first(where: { $0.state == .undoing }), let queue = step.queue,
                queue != UndoScript.ownQueue
            {
                voice.say("step \(step.step) (\(step.name)) is undone by whoever works on the queue \(queue)")
                return
            }
            if let leased = try slot.next(waitMs: waitMs) { _ = slot.perform(leased) }
        }
    }
}

extension DaemonLink {
    /// A call that may be made again, made again while the daemon is away, but not longer than so.
    func callPatiently<M: Method>(_ method: M, meta: Meta? = nil, forMs: Int64, _ voice: Voice) throws(ClientError)
        -> M.Answer
    {
        let presence = DaemonPresence(voice)
        let untilMs = monotonicMs() + forMs
        var pauses = Pauses()
        while true {
            do throws(ClientError) {
                let answer = try call(method, meta: meta)
                presence.noteBack()
                return answer
            } catch {
                guard error.isWorthWaiting, monotonicMs() < untilMs else { throw error }
                presence.noteAway(error)
                poll(nil, 0, Int32(clamping: pauses.nextMs()))
            }
        }
    }
}
