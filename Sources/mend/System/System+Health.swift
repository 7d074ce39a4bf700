import ArgumentParser
import MendProtocol
import MendWire

extension SystemNoun {
    struct Health: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "health", abstract: System.Health.summary, discussion: "The exit status is 1 where it cannot.")

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> System.Health { System.Health() }

        func show(_ health: System.Health.Answer, on screen: inout Screen) {
            screen.line(health.status.rawValue)
            for problem in health.problems {
                screen.line(problem.message.singleLine)
                screen.line("hint: \(problem.hint.singleLine)")
            }
            for notice in health.notices ?? [] {
                screen.line("\(screen.clock.text(notice.at)): \(notice.message.singleLine)")
                screen.line("hint: \(notice.hint.singleLine)")
            }
        }

        func conclude(_ result: JSONValue) throws {
            if result["status"]?.matches("ok") != true { throw ExitStatus.failed }
        }
    }
}
