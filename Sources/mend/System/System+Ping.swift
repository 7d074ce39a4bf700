import ArgumentParser
import MendProtocol

extension SystemNoun {
    struct Ping: CallCommand {
        static let configuration = CommandConfiguration(commandName: "ping", abstract: System.Ping.summary)

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> System.Ping { System.Ping() }

        func show(_ answer: System.Ping.Answer, on screen: inout Screen) { screen.line("pong") }
    }
}
