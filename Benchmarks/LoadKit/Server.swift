import Glibc

/// A server under measurement, up and answering.
package struct Server {
    /// How a server is started, and how one knows that it answers.
    package struct Plan {
        package let name: String
        package let arguments: [String]
        package var settings: [String: String] = [:]
        package let socket: String
        package let greeting: String
        /// What the answer to the greeting holds.
        package let welcome: String
        /// What that answer ends with.
        package let lastByte: UInt8

        package init(
            name: String, arguments: [String], settings: [String: String] = [:], socket: String, greeting: String,
            welcome: String, lastByte: UInt8 = UInt8(ascii: "\n")
        ) {
            self.name = name
            self.arguments = arguments
            self.settings = settings
            self.socket = socket
            self.greeting = greeting
            self.welcome = welcome
            self.lastByte = lastByte
        }
    }

    package let name: String
    package let socket: String
    package let process: ChildProcess

    /// Starts it, and waits until it answers.
    package init(_ plan: Plan, log: String) throws {
        name = plan.name
        socket = plan.socket
        process = try ChildProcess(plan.arguments, settings: plan.settings, log: log)
        do {
            try awaitWelcome(plan)
        } catch {
            process.stop()
            throw error
        }
    }

    /// The memory that it holds in RAM, in KiB.
    package func residentMemory() throws -> Double { try memory("VmRSS:") }

    /// The most that it ever held in RAM, in KiB.
    package func peakMemory() throws -> Double { try memory("VmHWM:") }

    /// Asks once on a connection of its own.
    package func ask(_ question: String, lastByte: UInt8 = UInt8(ascii: "\n")) throws -> String {
        let socket = try UnixSocket.connect(to: socket)
        defer { close(socket) }
        return try UnixSocket.ask(question, on: socket, lastByte: lastByte)
    }

    private func memory(_ label: String) throws -> Double {
        let status = Text.file("/proc/\(process.pid)/status") ?? ""
        for line in status.split(separator: "\n") where line.hasPrefix(label) {
            if let kibibytes = Double(line.filter(\.isNumber)) { return kibibytes }
        }
        throw LoadFailure("the memory of \(name) cannot be read")
    }

    private func awaitWelcome(_ plan: Plan) throws {
        let deadline = Clock.now() + 10_000_000_000
        while true {
            try Interruption.check()
            guard process.isRunning else { throw LoadFailure("\(name) never answered: \(process.printed)") }
            if access(socket, F_OK) == 0, let answer = try? ask(plan.greeting, lastByte: plan.lastByte) {
                if answer.contains(plan.welcome) { return }
                throw LoadFailure("\(name) greeted with \(answer)")
            }
            guard Clock.now() < deadline else { throw LoadFailure("\(name) does not answer in 10 s") }
            Clock.pause(milliseconds: 2)
        }
    }
}

extension Workplace {
    /// Starts a server with an empty state, hands it out once it answers, and stops it afterwards, come what may.
    package func withServer<T>(
        _ plan: (_ directory: String) throws -> Server.Plan, _ body: (Server) throws -> T
    ) throws -> T {
        try withDirectory { directory in
            let server = try Server(try plan(directory), log: "\(directory)/log")
            defer { server.process.stop() }
            do {
                return try body(server)
            } catch let failure as LoadFailure {
                guard !server.process.isRunning else { throw failure }
                throw LoadFailure(
                    "\(failure); \(server.name) had ended by itself with status \(server.process.stop()) and said: "
                        + server.process.printed)
            }
        }
    }
}
