import ArgumentParser
import MendProtocol

/// The short form of `mend system status`.
struct StatusCommand: CallCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: System.Status.summary)

    @OptionGroup var globals: GlobalOptions

    func makeCall() -> System.Status { System.Status() }

    func show(_ status: System.Status.Answer, on screen: inout Screen) {
        StatusScreen(status).show(on: &screen)
    }
}
