import Glibc
import MendProtocol

/// Undos are scripts of the user who runs us, and nobody else's.
struct UndoPlan: WorkPlan {
    let voice: Voice
    /// Whether each is shown before it runs.
    let isShown: Bool
    private let uid = geteuid()

    init(_ voice: Voice, isShown: Bool) { (self.voice, self.isShown) = (voice, isShown) }

    func task(for leased: Leased, watch: any AttemptWatch) throws -> WorkTask? {
        guard leased.uid == uid else {
            throw WorkRefusal(
                message:
                    "user \(leased.uid) has enqueued this, and only what user \(uid) has enqueued is run as that user",
                category: .permanent)
        }
        let script = try UndoScript(leased.payload)
        guard access(script.directory, X_OK) == 0 else {
            throw WorkRefusal(
                message:
                    "\(script.directory), where the undo runs, cannot be entered: \(String(cString: strerror(errno)))",
                category: .configuration)
        }
        if let lock = script.lock {
            guard try StepLock.end(lock, watch: watch, voice: voice) else { return nil }
        }
        if isShown { show(leased, script) }
        let words = ["/bin/sh", "-c", script.sh]
        var attempt = Attempt(words: words)
        attempt.directory = script.directory
        attempt.environment = OperationEnvironment.variables(of: leased) + [("PATH", script.path)]
        return WorkTask(attempt: attempt, input: "", words: words) {
            if let lock = script.lock { unlink(lock) }
        }
    }

    private func show(_ leased: Leased, _ script: UndoScript) {
        let step = leased.step.map { "step \($0)" } ?? "operation \(leased.operation)"
        let place = leased.transaction.map { " of transaction \($0)" } ?? ""
        voice.say("undoing \(step)\(place): \(script.sh)")
    }
}
