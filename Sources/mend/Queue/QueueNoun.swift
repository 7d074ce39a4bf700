import ArgumentParser
import MendProtocol

struct QueueNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Operations that must still happen.",
        subcommands: [
            Enqueue.self, Lease.self, Extend.self, Complete.self, Fail.self, Release.self, Snooze.self, Cancel.self,
            Wait.self, Get.self, List.self, Stats.self, Configure.self, Pause.self, Resume.self, Replay.self,
            Purge.self, Export.self, Import.self,
        ])
}

extension OperationState {
    var style: Table.Style {
        switch self {
        case .dead: .bad
        case .parked, .expired: .warning
        case .done: .good
        case .cancelled: .faint
        case .held, .scheduled, .ready, .leased: .plain
        }
    }
}

extension OperationState {
    /// What it means for who waited for its end.
    var endStatus: ExitStatus {
        switch self {
        case .done: .done
        case .dead, .cancelled, .expired: .failed
        case .held, .scheduled, .ready, .parked, .leased: .tryLater
        }
    }
}
