import GRDB
import MendEngine
import MendProtocol

/// What became of each transaction and its steps, by the audit.
final class TransactionHistory {
    final class Step {
        let number: Int64
        let request: TransactionModel.Step?
        var state: StepState
        /// It was never confirmed when its undo began.
        var operation: Int64?

        init(_ number: Int64, _ request: TransactionModel.Step?, _ state: StepState) {
            self.number = number
            self.request = request
            self.state = state
        }

        var isPending: Bool { (state == .recorded || state == .confirmed) && request?.hasUndo == true }
        var isUnderWay: Bool { state == .undoing || state == .parked }
    }

    final class Entry {
        let id: Int64
        let request: TransactionModel.Begun
        let deadlineMs: Int64
        var state: TransactionState = .active
        var steps: [Step] = []
        var savepoint: Int64?
        /// Until when undos of unconfirmed steps must wait, and may.
        var graceAtLeastMs: Int64 = .min
        var graceAtMostMs: Int64 = .min
        var wasRestarted = false

        init(_ id: Int64, _ request: TransactionModel.Begun, now: Moment) {
            self.id = id
            self.request = request
            deadlineMs = now.elapsedMs + request.timeoutMs
        }

        func step(_ number: Int64) -> Step? { steps.first { $0.number == number } }
    }

    struct Begun {
        let entry: Entry
        let step: Step
        let wasConfirmed: Bool
        let savepoint: Int64?
        /// Where its rollback was under way already: a deadline that passes in the same commit comes after it.
        let graceAtLeastMs: Int64?
    }

    var entries: [Int64: Entry] = [:]
    let model: TransactionModel
    /// Undos that began in this commit, and what the journal must tell by its end: transactions are written after their
    /// steps.
    var begun: [Begun] = []
    private var changed: [(Entry, TransactionState)] = []
    private var kindsTold: [Int64: Set<String>] = [:]

    init(_ model: TransactionModel) { self.model = model }

    func restarted() { for entry in entries.values { entry.wasRestarted = true } }

    func state(ofStep step: Int64, of transaction: Int64) -> StepState? { entries[transaction]?.step(step)?.state }

    func deadlineMs(of transaction: Int64) -> Int64? { entries[transaction]?.deadlineMs }

    func told(_ kind: String, of transaction: Int64) { kindsTold[transaction, default: []].insert(kind) }

    // MARK: Transactions

    func transactionChanged(_ change: Change, _ commit: History.Commit) throws {
        guard let new = change.newWord.flatMap(TransactionState.init(rawValue:)) else { return }
        guard let oldWord = change.oldWord else {
            guard let request = model.byName[change.text ?? ""] else {
                throw Violation(.nothingInvented, "transaction \(change.id) was not asked for")
            }
            try require(
                !entries.values.contains { $0.request === request }, .keyedOnce,
                "transaction \(change.text ?? "") was begun twice")
            entries[change.id] = Entry(change.id, request, now: commit.now)
            return
        }
        guard let entry = entries[change.id] else { return }
        let old = TransactionState(rawValue: oldWord)
        try require(
            old == entry.state && mayFollow(entry, new, commit), .transactionLegal,
            "transaction \(entry.id) was \(oldWord), and is \(new)")
        if let savepoint = change.step, savepoint != entry.savepoint {
            try require(
                commit.asked.rolledBackTo[entry.id]?.contains(savepoint) == true, .savepointHeld,
                "transaction \(entry.id) goes back to step \(savepoint), and nobody asked for that")
        }
        if entry.state == .rollingBack, new == .active { try requireSavepoint(entry) }
        if new == .rolledBack { try requireAllUndone(entry) }
        if entry.state != new { changed.append((entry, new)) }
        if new == .rollingBack, entry.state == .active || (entry.savepoint != nil && change.step == nil) {
            startGrace(entry, commit)
        }
        entry.state = new
        entry.savepoint = change.step
    }

    private func mayFollow(_ entry: Entry, _ new: TransactionState, _ commit: History.Commit) -> Bool {
        let asked = commit.asked
        let id = entry.id
        let mayEnd = isOver(entry, commit.now) || mayBeAlone(entry, commit)
        let rollsBack = asked.rolledBack.contains(id) || asked.rolledBackTo[id] != nil
        return switch (entry.state, new) {
        case (.active, .committed): asked.committed.contains(id)
        case (.active, .rollingBack), (.active, .rolledBack):
            rollsBack || (mayEnd && entry.request.onDeadline == .rollback)
        case (.active, .active): asked.rolledBackTo[id] != nil
        case (.active, .parked): mayEnd && entry.request.onDeadline == .park
        case (.rollingBack, .rollingBack), (.parked, .parked): true
        case (.rollingBack, .active): true
        case (.rollingBack, .rolledBack): true
        case (.rollingBack, .parked): entry.steps.contains { $0.state == .parked }
        case (.parked, .rollingBack), (.parked, .active): asked.resumed.contains(id) || asked.skipped.contains(id)
        case (.parked, .rolledBack):
            asked.resumed.contains(id) || asked.skipped.contains(id) || asked.resolved.contains(id)
        default: false
        }
    }

    func isOver(_ entry: Entry, _ now: Moment) -> Bool { entry.deadlineMs <= now.elapsedMs }

    /// Whether its owner may have ended.
    func mayBeAlone(_ entry: Entry, _ commit: History.Commit) -> Bool {
        guard let owner = entry.request.owner else { return false }
        return entry.wasRestarted || commit.asked.ownersEnded.contains(owner)
    }

    /// A rollback by the deadline waits for steps that may be under way; one by call or by the owner's end does not.
    private func startGrace(_ entry: Entry, _ commit: History.Commit) {
        guard isOver(entry, commit.now) else { return }
        entry.graceAtMostMs = commit.now.elapsedMs + entry.request.stepGraceMs
        let byCall = commit.asked.rolledBack.contains(entry.id) || commit.asked.rolledBackTo[entry.id] != nil
        entry.graceAtLeastMs = byCall || mayBeAlone(entry, commit) ? .min : entry.graceAtMostMs
    }

    private func requireSavepoint(_ entry: Entry) throws {
        let savepoint = entry.savepoint ?? .max
        try require(
            entry.savepoint != nil
                && !entry.steps.contains { $0.number > savepoint && ($0.isPending || $0.isUnderWay) },
            .savepointHeld, "transaction \(entry.id) is active again before its undos to step \(savepoint) are done")
    }

    private func requireAllUndone(_ entry: Entry) throws {
        for step in entry.steps where step.request?.hasUndo != false {
            try require(
                step.state == .undone || step.state == .skipped, .undoneAtLeastOnce,
                "transaction \(entry.id) is rolled back, and its step \(step.number) is \(step.state)")
        }
    }

    // MARK: The end of a commit

    func committed(_ commit: History.Commit) throws {
        for began in begun { try checkBegun(began, commit) }
        endGraces(commit)
        for (entry, state) in changed { try checkTold(entry, state) }
        begun = []
        changed = []
        kindsTold = [:]
        for entry in entries.values.sorted(by: { $0.id < $1.id }) { try checkOnTime(entry, commit.now) }
    }

    /// Who calls, or has ended, is at no step any more.
    private func endGraces(_ commit: History.Commit) {
        for entry in entries.values where entry.graceAtLeastMs > commit.now.elapsedMs {
            if commit.asked.rolledBack.contains(entry.id) || mayBeAlone(entry, commit) { entry.graceAtLeastMs = .min }
        }
    }

    private func checkBegun(_ began: Begun, _ commit: History.Commit) throws {
        let (entry, step) = (began.entry, began.step)
        let isWhole =
            commit.asked.rolledBack.contains(entry.id) || isOver(entry, commit.now) || mayBeAlone(entry, commit)
            || (entry.state != .active && entry.savepoint == nil)
        let floor = min(began.savepoint ?? .max, commit.asked.rolledBackTo[entry.id]?.min() ?? .max)
        try require(
            isWhole || step.number > floor, .savepointHeld,
            "transaction \(entry.id) is rolled back to step \(floor), and step \(step.number) is undone")
        let mayBegin =
            began.wasConfirmed || commit.asked.rolledBack.contains(entry.id) || mayBeAlone(entry, commit)
            || (began.graceAtLeastMs ?? entry.graceAtLeastMs) <= commit.now.elapsedMs
        try require(
            mayBegin, .stepGrace,
            "step \(step.number) of transaction \(entry.id) may be under way until \(entry.graceAtLeastMs)")
    }

    private func checkTold(_ entry: Entry, _ state: TransactionState) throws {
        let kinds: [String] =
            switch state {
            case .active: ["transaction.rolled_back_to"]
            case .committed: ["transaction.committed"]
            case .rollingBack: ["transaction.rolling_back", "transaction.resumed", "transaction.skipped"]
            case .rolledBack: ["transaction.rolled_back", "transaction.resolved"]
            case .parked: ["transaction.parked"]
            }
        try require(
            !(kindsTold[entry.id] ?? []).isDisjoint(with: kinds), .journalTells,
            "nothing in the journal says that transaction \(entry.id) is \(state)")
    }

    private func checkOnTime(_ entry: Entry, _ now: Moment) throws {
        if entry.state == .active {
            try require(!isOver(entry, now), .onTime, "the deadline of transaction \(entry.id) passed unnoticed")
        }
        guard entry.state == .rollingBack, entry.graceAtMostMs <= now.elapsedMs else { return }
        try require(
            entry.steps.contains { $0.state == .undoing }, .onTime,
            "transaction \(entry.id) is rolled back, and no undo is under way")
    }
}
