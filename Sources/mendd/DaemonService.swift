import Logging
import MendServer
import MendSystemd
import ServiceLifecycle
import UnixSignals

/// The daemon as a service: it runs until a graceful shutdown, and reloads at SIGHUP.
struct DaemonService: Service {
    let server: Server
    let events: EventLog
    let notifier: Notifier
    let logger: Logger
    let beatMs: Int64
    /// For people, while all is well.
    let status: String
    let begin: @Sendable () async throws -> Void
    /// Gives the status for people.
    let reload: @Sendable () -> String

    func run() async throws {
        try await begin()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reloadAtHangup() }
            group.addTask { await beatInPlaceOfEngine() }
            group.addTask { await events.run() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        notifier.stopping(status: "answering what was read")
        logger.info("stopping: answering what was read")
        try await server.stop()
    }

    private func reloadAtHangup() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            notifier.reloading(status: "reloading")
            notifier.ready(status: reload())
        }
    }

    /// The engine feeds the watchdog. Where there is none, ending would help nobody; and a disk that takes long to sync is
    /// not faster for another process, so that it is waited for, but not for ever.
    private func beatInPlaceOfEngine() async {
        var vigil = SyncVigil(status: status)
        while !Task.isCancelled {
            let look = vigil.look(syncingForMs: server.syncingForMs)
            if server.isDegraded || look.beats { notifier.watchdog() }
            if let status = look.status { notifier.status(status) }
            try? await Task.sleep(for: .milliseconds(beatMs))
        }
    }
}
