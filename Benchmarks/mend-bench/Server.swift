import Glibc

/// A server under measurement, up and answering.
struct Server {
    /// How a server is started, and how one knows that it answers.
    struct Plan {
        let name: String
        let arguments: [String]
        var settings: [String: String] = [:]
        let socket: String
        let greeting: String
        /// What the answer to the greeting holds.
        let welcome: String
    }

    let name: String
    let socket: String
    let process: ChildProcess

    /// The memory that the server holds in RAM, in KiB.
    func residentMemory() throws -> Double {
        let status = Text.file("/proc/\(process.pid)/status") ?? ""
        for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            let digits = line.filter(\.isNumber)
            if let kibibytes = Double(String(digits)) { return kibibytes }
        }
        throw BenchFailure("the memory of \(name) cannot be read")
    }

    /// Asks once on a connection of its own.
    func ask(_ question: String) throws -> String {
        let socket = try UnixSocket.connect(to: socket)
        defer { close(socket) }
        return try UnixSocket.ask(question, on: socket)
    }
}

extension Workplace {
    /// Starts a server with an empty state, hands it out once it answers, and stops it afterwards, come what may.
    func withServer<T>(_ plan: (_ directory: String) -> Server.Plan, _ body: (Server) throws -> T) throws -> T {
        try withDirectory { directory in
            let plan = plan(directory)
            let process = try ChildProcess(plan.arguments, settings: plan.settings, log: "\(directory)/log")
            defer { process.stop() }
            let server = Server(name: plan.name, socket: plan.socket, process: process)
            do {
                try awaitWelcome(server, plan)
                return try body(server)
            } catch let failure as BenchFailure {
                guard !process.isRunning else { throw failure }
                throw BenchFailure(
                    "\(failure); \(plan.name) had ended by itself with status \(process.stop()) and said: "
                        + process.printed)
            }
        }
    }

    private func awaitWelcome(_ server: Server, _ plan: Server.Plan) throws {
        let deadline = Clock.now() + 10_000_000_000
        while true {
            try Interruption.check()
            guard server.process.isRunning else { throw BenchFailure("\(plan.name) never answered") }
            if access(plan.socket, F_OK) == 0, let answer = try? server.ask(plan.greeting) {
                if answer.contains(plan.welcome) { return }
                throw BenchFailure("\(plan.name) greeted with \(answer)")
            }
            guard Clock.now() < deadline else { throw BenchFailure("\(plan.name) does not answer in 10 s") }
            Clock.pause(milliseconds: 2)
        }
    }
}
