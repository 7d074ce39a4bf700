import ArgumentParser
import CLinux
import Glibc
import MendProtocol
import MendSystemd
import MendWire

extension Mendd {
    /// The daemon: reads what it was told, wires its parts together, and runs until it is told to stop.
    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve: listen, and keep the state. This is what mendd does where nothing else is said.")

        @Option(help: ArgumentHelp("Listen on this Unix socket.", valueName: "path"))
        var socket: String?

        @Option(help: ArgumentHelp("Keep the state in this directory.", valueName: "dir"))
        var state: String?

        @Option(
            help: ArgumentHelp("Read this configuration instead of \(Configuration.defaultFile).", valueName: "file"))
        var config: String?

        @Option(
            help: ArgumentHelp(
                "Seal payloads at rest with the keys in this file, else with systemd's credential payload-keys.",
                valueName: "file"))
        var payloadKeys: String?

        @Flag(name: .customLong("check-config"), help: "Check the configuration, the rules and the catalogue, and end.")
        var onlyChecks = false

        @Flag(name: .customLong("openrpc"), help: "Print the OpenRPC document of the wire, and end.")
        var printsOpenRPC = false

        @Flag(
            name: .customLong("journal-catalogue"),
            help: "Print what journalctl -x says of the daemon's entries, and end.")
        var printsJournalCatalogue = false

        func run() async throws {
            // A client that went away is an error of its write, not the end of the daemon.
            signal(SIGPIPE, SIG_IGN)
            // What the daemon writes is its own.
            umask(0o077)
            if printsOpenRPC { return print(try OpenRPC.document().text) }
            if printsJournalCatalogue { return print(EventKind.journalCatalogue, terminator: "") }
            let environment = Environment.current
            if onlyChecks {
                return try ConfigurationCheck(configurationFile: config, environment: environment).run()
            }
            let inherited: [ListenSocket]
            do {
                inherited = try ListenSockets.inherited()
            } catch {
                throw refused("\(error)")
            }
            raiseFileLimit()
            returnLargeBuffers()
            let places = Places(socket: socket, state: state, payloadKeys: payloadKeys, environment: environment)
            let daemon = Daemon(
                places: places, configurationFile: config, environment: environment, inherited: inherited)
            try await daemon.run()
        }

        /// Has large buffers given back when they are freed. By itself, glibc takes the largest one that was ever freed for
        /// usual, and keeps holes of that size: after a flood of long lines, three times as much as was in use.
        private func returnLargeBuffers() {
            mallopt(M_MMAP_THRESHOLD, 128 << 10)
        }

        /// Takes as many open files as this process may have: each connection is one.
        private func raiseFileLimit() {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }
}
