import ArgumentParser
import MendClient

/// What every command understands.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket: else $MEND_SOCKET, a daemon of your own, or \(SocketPath.system).", valueName: "path")
    )
    var socket: String?

    @Flag(help: "Print what the daemon answered, for programs: one object a line; of lists one item a line.")
    var json = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    /// - Parameter timeoutMs: how long a call waits for its answer; nothing where it waits for it as long as it takes.
    func connect(timeoutMs: Int64? = nil) throws(ClientError) -> BlockingClient {
        var settings = ClientSettings(timeoutMs: timeoutMs)
        // What is too large for the daemon is for the daemon to say: its limits can be configured.
        settings.maxRequestBytes = .max
        settings.maxAnswerBytes = 256 << 20
        return try BlockingClient(socket: socket, settings: settings)
    }

    /// Whether errors are for programs; needed also where the arguments could not be understood.
    static func wantJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}
