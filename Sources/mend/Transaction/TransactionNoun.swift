import ArgumentParser
import MendProtocol

struct TransactionNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "txn", abstract: "Steps and their undos, which run last-first.",
        subcommands: [
            Begin.self, Run.self, Step.self, Confirm.self, Commit.self, Rollback.self, Wait.self, Resume.self,
            Skip.self,
            Resolve.self,
            Get.self, List.self,
        ], aliases: ["transaction"])
}

extension TransactionState {
    var style: Table.Style {
        switch self {
        case .parked: .bad
        case .rollingBack: .warning
        case .committed: .good
        case .active, .rolledBack: .plain
        }
    }
}

extension StepState {
    var style: Table.Style {
        switch self {
        case .parked: .bad
        case .undoing, .skipped: .warning
        case .confirmed, .undone: .good
        case .recorded, .passed: .plain
        }
    }
}

extension Transaction.EndAnswer {
    /// What it means for who waited; `goal` is a state before the end that is as good.
    func status(_ goal: TransactionState?) -> ExitStatus {
        switch state {
        case .parked: .failed
        case .committed, .rolledBack: incomplete == true ? .failed : .done
        case .active, .rollingBack: state != goal ? .tryLater : incomplete == true ? .failed : .done
        }
    }

    var words: String {
        "\(state.rawValue)\(incomplete == true ? " (incomplete)" : ""), \(steps) \(steps == 1 ? "step" : "steps")"
            + (reason.map { ": \($0)" } ?? "")
    }

    /// What somebody has to do; nothing where nobody has.
    func hint(_ transaction: Int64) -> String? {
        guard state == .parked else { return nil }
        return "try that undo again: mend txn resume \(transaction); pass over it: mend txn skip \(transaction)"
    }
}
