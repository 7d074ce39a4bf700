import ArgumentParser
import MendProtocol

/// The short form of `mend system ping`.
struct PingCommand: CallCommand {
    static let configuration = CommandConfiguration(commandName: "ping", abstract: System.Ping.summary)

    @OptionGroup var globals: GlobalOptions

    func makeCall() -> System.Ping { System.Ping() }

    func show(_ answer: System.Ping.Answer, on screen: inout Screen) { screen.line("pong") }
}
