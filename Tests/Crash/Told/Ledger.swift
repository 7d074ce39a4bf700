import Glibc
import LoadKit
import MendWire

/// What clients were told, over all runs of a daemon, and what they asked: what is found is judged by it.
final class Ledger {
    /// What is wrong, by kind.
    enum Fault: String, CaseIterable {
        /// Acknowledged, and gone.
        case lost
        /// There, and sent by nobody, or there twice.
        case invented
        /// Leased twice without an end of the lease in between, or leased with an old token.
        case leasedTwice = "leased twice"
        /// Leased after its end was acknowledged.
        case leasedAfterEnd = "leased after its end"
        /// Undos out of order, or of what is not rolled back.
        case order = "out of order"
        /// An answer that the load cannot explain.
        case odd = "odd answers"
    }

    /// Points in time are reckoned from two readings of clocks in different processes.
    static let slackMs = 50

    private(set) var faults: [Fault: Int] = [:]
    private(set) var acknowledged = 0
    private(set) var enqueuesTold = 0
    private(set) var endsTold = 0
    /// Answers that refused a call, by reason, where that is no fault.
    var refused: [String: Int] = [:]
    private let isQuiet: Bool

    // Operations.
    var nextSerial = 1
    var operations: [Int: ToldOperation] = [:]
    /// What became of each enqueue.
    var enqueues: [Int: Enqueued] = [:]
    /// Every fencing token ever told.
    var tokens: Set<Int> = []
    /// Operations of which something was asked or told since the last audit.
    var touched: Set<Int> = []

    // Transactions.
    var sagas: [ToldSaga] = []
    var sagaOf: [Int: Int] = [:]
    var touchedSagas: Set<Int> = []

    // Reports.
    var nextReport = 1
    /// The error that each report became; 0 where only a count was kept.
    var reports: [Int: Int] = [:]
    var touchedReports: Set<Int> = []
    /// Failures that were asked for, by lease, with the error that was told.
    var failures: [Int: Int] = [:]

    // Breakers.
    var permits: Set<Int> = []
    var thresholds: [Int: Threshold] = [:]

    /// When the present run of the daemon began, and its number.
    private(set) var run = 0
    private(set) var runBeganMs = 0

    init(isQuiet: Bool = false) { self.isQuiet = isQuiet }

    var faultCount: Int { faults.values.reduce(0, +) }

    func count(_ fault: Fault) -> Int { faults[fault] ?? 0 }

    func complain(_ fault: Fault, _ text: @autoclosure () -> String) {
        faults[fault, default: 0] += 1
        if !isQuiet, faultCount <= 20 { Text.note("  \(fault.rawValue): \(text())") }
    }

    func beginRun() {
        run += 1
        runBeganMs = Self.wallMs()
    }

    static func wallMs() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Judges an answer and remembers what it says.
    func hear(_ asked: Asked, _ answer: JSONValue) {
        guard let result = answer["result"] else { return refusal(of: asked, answer) }
        acknowledged += 1
        if asked.isEnqueue { enqueuesTold += 1 }
        if asked.isEndOfWork { endsTold += 1 }
        switch asked {
        case .enqueue(let serial, _): enqueued(serial, result)
        case .lease(let lease): leased(lease, result)
        case .complete(let token): ended(token, as: .done)
        case .fail(let token): failed(token, result)
        case .release(let token): released(token)
        case .extend(let token, _): extended(token, result)
        case .cancel(let operation): cancelled(operation)
        case .report(let serial): reported(serial, result)
        case .begin(let saga): begun(saga, result)
        case .step(let saga, let number): stepped(saga, number, result)
        case .confirm(let saga, let step): sagas[saga].confirmed.insert(step)
        case .commit(let saga): sagas[saga].state = .committed
        case .rollback(let saga): sagas[saga].state = .rollingBack
        case .acquire: acquired(result)
        case .record: break
        case .configure(let breaker, let threshold): thresholds[breaker]?.told = threshold
        }
    }

    private func refusal(of asked: Asked, _ answer: JSONValue) {
        let reason = answer["error"]?["data"]?["reason"]?.stringValue ?? "none"
        switch (asked, reason) {
        case (.complete(let token), "lease_lost"), (.fail(let token), "lease_lost"),
            (.release(let token), "lease_lost"), (.extend(let token, _), "lease_lost"):
            refused[reason, default: 0] += 1
            leaseLost(token, wasCompleted: asked.isComplete)
        case (.cancel, "conflict"):
            // It is done, or dead by now.
            refused[reason, default: 0] += 1
        case (.enqueue(let serial, let kind), "disk_full"):
            // Under its idempotency key it is tried again later.
            if kind != .idempotent { enqueues[serial] = .refused }
            refused[reason, default: 0] += 1
        case (_, "disk_full"):
            refused[asked.isEndOfWork ? "end of work: disk_full" : reason, default: 0] += 1
        default: complain(.odd, "\(asked): \(answer.rawText)")
        }
    }
}

extension Asked {
    var isComplete: Bool { if case .complete = self { true } else { false } }

    /// What ends work, and goes on where there is no space for more of it.
    var isEndOfWork: Bool {
        switch self {
        case .complete, .fail, .release, .extend, .cancel, .confirm, .commit, .rollback: true
        case .enqueue, .lease, .report, .begin, .step, .acquire, .record, .configure: false
        }
    }
}

/// A setting that clients change, each by one client at a time.
struct Threshold {
    var told: Int?
    var asked: Int
}
