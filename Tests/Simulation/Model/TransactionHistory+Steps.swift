import MendEngine
import MendProtocol

extension TransactionHistory {
    func stepChanged(_ change: Change, _ commit: History.Commit) throws {
        guard let entry = entries[change.id], let number = change.step,
            let new = change.newWord.flatMap(StepState.init(rawValue:))
        else { return }
        guard let oldWord = change.oldWord else {
            let request = Int64(change.text ?? "").flatMap { model.stepsByNonce[$0] }
            try require(request != nil, .nothingInvented, "step \(number) of transaction \(entry.id) was not asked for")
            try require(
                entry.state == .active, .transactionLegal,
                "transaction \(entry.id) is \(entry.state), and takes step \(number)")
            return entry.steps.append(Step(number, request, new))
        }
        guard let step = entry.step(number) else { return }
        let what = "step \(number) of transaction \(entry.id) was \(oldWord), and is \(new)"
        try require(step.state.rawValue == oldWord, .nothingInvented, what)
        try checkStep(step, as: new, of: entry, what, commit)
        step.state = new
    }

    private func checkStep(
        _ step: Step, as new: StepState, of entry: Entry, _ what: String, _ commit: History.Commit
    ) throws {
        let asked = commit.asked
        switch (step.state, new) {
        case (.recorded, .confirmed), (.confirmed, .confirmed):
            try require(
                asked.confirmed.contains(entry.id) || asked.committed.contains(entry.id), .changesExplained, what)
        case (.recorded, .undoing), (.confirmed, .undoing): try undoing(step, of: entry)
        case (.undoing, .undone):
            try require(step.operation.map(asked.completedOperations.contains) == true, .changesExplained, what)
        case (.undoing, .parked): try require(step.request?.onExhausted != .skip, .undosStop, what)
        case (.undoing, .skipped):
            try require(
                step.request?.onExhausted == .skip || asked.skipped.contains(entry.id)
                    || asked.resolved.contains(entry.id), .undosStop, what)
        case (.parked, .skipped):
            try require(asked.skipped.contains(entry.id) || asked.resolved.contains(entry.id), .undosStop, what)
        case (.parked, .undoing): try require(asked.resumed.contains(entry.id), .undosStop, what)
        case (.recorded, .skipped), (.confirmed, .skipped):
            try require(asked.resolved.contains(entry.id), .undoneAtLeastOnce, what)
        case (.recorded, .passed), (.confirmed, .passed):
            try require(step.request?.hasUndo == false, .undoneAtLeastOnce, what)
        default: throw Violation(.notDoneAgain, what)
        }
    }

    private func undoing(_ step: Step, of entry: Entry) throws {
        let others = entry.steps.filter { $0 !== step && ($0.isUnderWay || ($0.isPending && $0.number > step.number)) }
        try require(
            others.isEmpty, .undosLastFirst,
            "transaction \(entry.id): step \(step.number) is undone before \(others.map(\.number))")
        begun.append(
            Begun(
                entry: entry, step: step, wasConfirmed: step.state == .confirmed, savepoint: entry.savepoint,
                graceAtLeastMs: entry.state == .rollingBack ? entry.graceAtLeastMs : nil))
    }

    func undoBegins(_ operation: History.Entry, _ commit: History.Commit) throws {
        guard let transaction = operation.transaction, let number = operation.step,
            let step = entries[transaction]?.step(number)
        else { throw Violation(.nothingInvented, "operation \(operation.id) was never asked for") }
        step.operation = operation.id
    }

    func mayBeSetAside(_ undo: History.Entry, _ commit: History.Commit) -> Bool {
        guard let id = undo.transaction else { return false }
        return commit.asked.skipped.contains(id) || commit.asked.resolved.contains(id)
    }

    func mayResume(_ undo: History.Entry, _ commit: History.Commit) -> Bool {
        undo.transaction.map(commit.asked.resumed.contains) ?? false
    }
}
