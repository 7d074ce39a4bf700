import Glibc
import Logging
import MendEngine
import MendProtocol
import MendRules
import MendServer
import MendSystemd
import ServiceLifecycle
import UnixSignals

/// The parts of the daemon, and their life from start to stop.
struct Daemon {
    let places: Places
    let configurationFile: String?
    let environment: [String: String]
    /// Sockets from systemd, in whose place nothing is bound here.
    let inherited: [ListenSocket]

    private let rules = RulesInForce(.shipped)
    private let configuration = ConfigurationInForce()

    private static let exitSoftware: Int32 = 70

    private var isActivated: Bool { !inherited.isEmpty }

    func run() async throws {
        let notifier = Notifier()
        let status = StatusLine(notifier, statePath: places.state)
        var start = Start()
        do {
            start.configuration = try Configuration.load(file: configurationFile, environment: environment)
            rules.replace(with: try RuleFiles(besides: configurationFile).rulebook())
        } catch {
            start.problem = Start.problem(error)
        }
        configuration.value = start.configuration
        let logger = makeLogger(level: start.configuration.log.level)
        // Without systemd there is nobody who would start it again at every connection, so it says no at once.
        if let problem = start.problem, !isActivated { throw refused(problem.message) }

        let server = try makeServer(start, notifier, status, logger)
        if start.problem == nil {
            do {
                server.use(try openState(start.configuration, notifier))
            } catch {
                guard isActivated else { throw refused("\(error)") }
                start.problem = Start.problem(error)
            }
        }
        if let problem = start.problem {
            server.degrade(problem)
            status.change { $0.problem = problem }
        }
        let service = DaemonService(
            server: server, events: EventLog(server: server, logger: logger), notifier: notifier, logger: logger,
            beatMs: beatMs(notifier), status: status,
            begin: { [start] in
                try await self.begin(server, start, logger)
                notifier.ready(status: status.text)
            },
            reload: { self.reload(server, notifier, status, logger) })
        try await ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
        logger.info("stopped")
    }

    /// Begins to listen, and says so. Signals are caught by now: whoever is answered can have it stopped in order.
    private func begin(_ server: Server, _ start: Start, _ logger: Logger) async throws {
        let listening = try await listen(server)
        warnOfSockets(start.configuration.roles.sockets, logger)
        if let problem = start.problem {
            logger.error("degraded: \(problem.message); \(problem.hint)")
        } else {
            logger.info("mendd \(MendVersion.current) listens on \(listening), state in \(places.state)")
        }
    }

    // MARK: Parts

    private func makeLogger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "mendd") { [environment] label in
            guard JournalStream.isStandardError(environment) else {
                return StreamLogHandler.standardError(label: label)
            }
            return JournalLogHandler()
        }
        logger.logLevel = level
        return logger
    }

    private func beatMs(_ notifier: Notifier) -> Int64 {
        let (seconds, attoseconds) = (notifier.watchdogInterval ?? .seconds(30)).components
        return max(100, (seconds * 1000 + attoseconds / 1_000_000_000_000_000) / 3)
    }

    private func makeServer(
        _ start: Start, _ notifier: Notifier, _ status: StatusLine, _ logger: Logger
    ) throws -> Server {
        var settings = ServerSettings(
            version: MendVersion.current, roles: start.configuration.roles.map(ownUID: geteuid(), logger: logger))
        settings.limits = start.configuration.limits.forWire
        settings.stopTimeoutMs = Int64(start.configuration.stop.timeoutMs)
        settings.stopDeafMs = Int64(start.configuration.stop.deafMs)
        let starting = System.Health.Problem(message: "the daemon is starting", hint: "ask again")
        return try Server(
            settings: settings, clock: SystemClock(), problem: starting, beatMs: beatMs(notifier),
            reports: Server.Reports(
                beat: { notifier.watchdog() },
                failed: { failed($0, logger) },
                degraded: { problem in status.change { $0.problem = problem } },
                space: { isShort in status.change { $0.isShortOfSpace = isShort } },
                warned: { logger.warning("\($0)") }))
    }

    /// Ends the daemon, which begins again from what is on disk; where that is damaged, and systemd would start it again
    /// and again, it goes on and says so.
    private func failed(_ failure: CommitFailed, _ logger: Logger) -> System.Health.Problem {
        guard let damage = failure.damage else {
            logger.critical("the state failed, so the daemon ends to begin again from disk: \(failure)")
            _exit(Self.exitSoftware)
        }
        logger.critical("\(damage)")
        guard isActivated else { _exit(Self.exitSoftware) }
        return Start.problem(damage)
    }

    private func openState(_ configuration: Configuration, _ notifier: Notifier) throws -> sending Engine {
        var settings = configuration.forEngine
        do {
            settings.cipher = try places.payloadKeys.map { try PayloadKeys(file: $0) }
        } catch let error as ConfigurationError {
            throw UnusablePayloadKeys(description: error.description)
        }
        let more = StartExtension(notifier)
        defer { more.end() }
        return try Engine.open(
            StateDirectory(places.state), settings: settings, rules: rules, reading: SystemClock().read(),
            seed: UInt64.random(in: .min ... .max), migrating: more.begin)
    }

    private func listen(_ server: Server) async throws -> String {
        guard !isActivated else {
            for socket in inherited {
                try await server.listen(on: Listener(inherited: socket.descriptor, name: socket.name))
            }
            return inherited.count == 1 ? "a socket of systemd" : "\(inherited.count) sockets of systemd"
        }
        do {
            try await server.listen(on: Listener(path: places.socket))
        } catch let error as SocketError {
            throw refused(error.description)
        }
        return places.socket
    }

    /// A role that a misspelt name was meant to limit would be given to all.
    private func warnOfSockets(_ roles: [String: Role], _ logger: Logger) {
        let names = Set(inherited.map(\.name)).union(Configuration.Roles().sockets.keys.map(Optional.some))
        for name in roles.keys.sorted() where !names.contains(name) {
            logger.warning("roles.sockets names \(name), but no socket was handed over by that name")
        }
    }

    // MARK: Reload

    /// Reads the configuration, the rules and the catalogue anew, and tries again what failed at the start. Where anything of
    /// it cannot be used, all stays as it was.
    private func reload(_ server: Server, _ notifier: Notifier, _ status: StatusLine, _ logger: Logger) {
        let nowMs = SystemClock().read().wallMs
        do {
            let change =
                server.isDegraded
                ? try reloadDegraded(server, notifier, logger) : try reloadServing(server, logger)
            status.change { facts in
                (facts.problem, facts.failedReload) = (nil, nil)
                let waits = !change.needingRestart.isEmpty
                let isKnown = facts.needingRestart?.keys == change.needingRestart
                if !isKnown { facts.needingRestart = waits ? (nowMs, change.needingRestart) : nil }
            }
        } catch  where server.isDegraded {
            let problem = Start.problem(error)
            server.degrade(problem)
            status.change { ($0.problem, $0.failedReload) = (problem, nil) }
            logger.error("reload: still degraded: \(problem.message)")
        } catch {
            status.change { $0.failedReload = (nowMs, "\(error)") }
            logger.error("reload: all stays as it was: \(error)")
        }
        server.note(status.notices)
    }

    private func reloadDegraded(
        _ server: Server, _ notifier: Notifier, _ logger: Logger
    ) throws -> ConfigurationInForce.Change {
        let change = configuration.change(
            to: try Configuration.load(file: configurationFile, environment: environment))
        rules.replace(with: try RuleFiles(besides: configurationFile).rulebook())
        server.use(try openState(change.configuration, notifier))
        configuration.value = change.configuration
        logger.notice("reload: the state can be used again; \(change.text)")
        return change
    }

    private func reloadServing(_ server: Server, _ logger: Logger) throws -> ConfigurationInForce.Change {
        let change = configuration.change(
            to: try Configuration.load(file: configurationFile, environment: environment))
        let book = try RuleFiles(besides: configurationFile).rulebook()
        rules.replace(with: book)
        configuration.value = change.configuration
        server.configure(
            change.configuration.forEngine,
            roles: change.configuration.roles.map(ownUID: geteuid(), logger: logger))
        warnOfSockets(change.configuration.roles.sockets, logger)
        logger.notice("reload: \(book.ruleCount) rules, \(book.codes.count) codes; \(change.text)")
        return change
    }
}

/// What a start found.
private struct Start {
    var configuration = Configuration()
    var problem: System.Health.Problem?

    static func problem(_ error: any Error) -> System.Health.Problem {
        System.Health.Problem(message: "\(error)", hint: hint(error))
    }

    private static func hint(_ error: any Error) -> String {
        switch error {
        // systemd hands them over when it starts the service, and not again.
        case StateError.missingKey, StateError.wrongKey, is UnusablePayloadKeys:
            "repair the payload keys (/etc/credstore/mend.payload-keys), then: systemctl restart mend; for a reload the old "
                + "ones stay"
        default: "repair it, then: systemctl reload mend (or send SIGHUP to mendd)"
        }
    }
}

private struct UnusablePayloadKeys: Error, CustomStringConvertible {
    let description: String
}
