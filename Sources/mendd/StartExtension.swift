import Dispatch
import MendSystemd

/// Asks the service manager for more time, again and again, while the state is brought up to date.
struct StartExtension: Sendable {
    private static let paceSeconds = 10
    private static let askedSeconds: UInt64 = 60
    /// After an hour it is for the service manager to say that it hangs.
    private static let mostTimes = 360

    private let notifier: Notifier
    private let done = DispatchSemaphore(value: 0)

    init(_ notifier: Notifier) { self.notifier = notifier }

    func begin() {
        notifier.status("bringing the state up to date; the one before is kept beside it")
        // Before the work begins, which may be longer than the time that there is.
        extend()
        DispatchQueue.global().async {
            var times = 1
            while times < Self.mostTimes, done.wait(timeout: .now() + .seconds(Self.paceSeconds)) == .timedOut {
                extend()
                times += 1
            }
        }
    }

    func end() { done.signal() }

    private func extend() { notifier.extendTimeout(microseconds: Self.askedSeconds * 1_000_000) }
}
