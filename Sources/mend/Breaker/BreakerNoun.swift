import ArgumentParser
import MendProtocol

struct BreakerNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breaker", abstract: "One circuit breaker per dependency, for the whole host.",
        subcommands: [
            Try.self, Acquire.self, Record.self, Get.self, List.self, Configure.self, Force.self, Reset.self,
            Delete.self, Watch.self,
        ])
}

extension BreakerState {
    var style: Table.Style {
        switch self {
        case .closed: .good
        case .open, .forcedOpen: .bad
        case .halfOpen, .disabled: .warning
        }
    }
}
