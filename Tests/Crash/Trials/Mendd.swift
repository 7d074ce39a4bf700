import Dispatch
import Glibc
import LoadKit

/// The real daemon, started again and again on one state.
final class Mendd {
    let plan: Server.Plan
    let log: String
    private(set) var server: Server
    /// How long a start took until the first answer, in milliseconds.
    private(set) var startsMs: [Double] = []

    static let ping = #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"# + "\n"

    /// - Parameters:
    ///   - directory: where its socket and its log are.
    ///   - state: where its state is, if not there.
    init(
        program: String, directory: String, state: String? = nil, settings: [String: String] = [:]
    ) throws {
        plan = Server.Plan(
            name: "mendd",
            arguments: [program, "--socket", "\(directory)/s", "--state", state ?? "\(directory)/state"],
            settings: settings, socket: "\(directory)/s", greeting: Self.ping, welcome: #""result""#)
        log = "\(directory)/log"
        server = try Server(plan, log: log)
    }

    var socket: String { plan.socket }

    /// Ends it as a crash does.
    func crash() { server.process.crash() }

    func stop() { server.process.stop() }

    /// Has it ended after so many microseconds, at whatever it is doing by then, by a thread of its own.
    func crashLater(_ microseconds: Int) -> DispatchWorkItem {
        let pid = server.process.pid
        let item = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(microseconds), execute: item)
        return item
    }

    func start() throws {
        let began = Clock.now()
        server = try Server(plan, log: log)
        startsMs.append(Double(Clock.now() - began) / 1e6)
    }

    /// Starts it and ends it after so many microseconds, which may be in the middle of its recovery.
    func startAndCrash(after microseconds: Int) throws {
        let process = try ChildProcess(plan.arguments, settings: plan.settings, log: log)
        usleep(UInt32(microseconds))
        process.crash()
    }

    /// The end of what it said.
    var words: String { server.process.printed }
}
