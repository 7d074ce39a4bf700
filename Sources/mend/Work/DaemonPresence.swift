import MendClient
import Synchronization

/// Whether the daemon is there, for all who ask it: that it is away is said once, and once that it is back.
final class DaemonPresence: Sendable {
    private let isAway = Mutex(false)
    private let voice: Voice

    init(_ voice: Voice) { self.voice = voice }

    func noteAway(_ error: ClientError) {
        guard change(to: true) else { return }
        voice.say("\(error.message); trying again until the daemon is back")
    }

    func noteBack() {
        if change(to: false) { voice.say("the daemon is back") }
    }

    private func change(to value: Bool) -> Bool {
        isAway.withLock { isAway in
            defer { isAway = value }
            return isAway != value
        }
    }
}

extension ClientError {
    /// Whether the same call is worth another try although nothing about it changes.
    var isWorthWaiting: Bool {
        if ExitStatus(self) == .notAllowed { return false }
        if case .failed(let call) = self, call.isRetryable { return true }
        return isAbsence
    }
}
