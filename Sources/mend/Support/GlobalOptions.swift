import ArgumentParser
import Glibc
import MendClient
import MendProtocol

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

    /// How long a daemon may take to answer at all, where the environment does not say otherwise: it may have to start.
    private static let patience = (variable: "MEND_CONNECT_TIMEOUT", defaultMs: Int64(30_000))

    /// - Parameter timeoutMs: how long a call waits for its answer; nothing where it waits for it as long as it takes, from a
    ///   daemon that answers at all.
    func connect(timeoutMs: Int64? = nil) throws(ClientError) -> BlockingClient {
        var settings = ClientSettings(timeoutMs: timeoutMs)
        // What is too large for the daemon is for the daemon to say: its limits can be configured.
        settings.maxRequestBytes = .max
        settings.maxAnswerBytes = 256 << 20
        guard timeoutMs == nil else { return try BlockingClient(socket: socket, settings: settings) }
        return try BlockingClient(socket: socket, settings: settings, answeringWithinMs: Self.patienceMs())
    }

    private static func patienceMs() throws(ClientError) -> Int64 {
        guard let text = getenv(patience.variable).map({ String(cString: $0) }), !text.isEmpty else {
            return patience.defaultMs
        }
        do throws(DurationText.Invalid) {
            return try DurationText.milliseconds(text)
        } catch {
            throw .failed(
                FailedCall(CallError(.invalidParams, "\(patience.variable) is '\(text)': \(error.description)")))
        }
    }

    /// Whether errors are for programs; needed also where the arguments could not be understood.
    static func wantJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }
}
