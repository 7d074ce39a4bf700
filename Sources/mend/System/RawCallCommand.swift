import ArgumentParser
import MendClient
import MendWire

/// Any call as it is on the wire.
struct RawCallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls any method and prints its result as the daemon sent it.")

    @Argument(help: "Its name on the wire, such as queue.enqueue.")
    var method: String

    @Argument(help: "Its parameters, a JSON object; - reads them from standard input.")
    var params: String?

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let params = try params.map { try Input.json($0, for: "params") }
        let result = try globals.connect().callRaw(method: method, params: params)
        guard !globals.quiet else { return }
        var screen = Screen.standard()
        screen.line(result.text)
        try screen.flush()
    }
}
