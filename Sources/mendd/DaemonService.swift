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
    let status: StatusLine
    let begin: @Sendable () async throws -> Void
    let reload: @Sendable () -> Void

    func run() async throws {
        // Whoever knows that the daemon serves may ask it to reload, which must not end it.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await begin()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reload(at: hangups) }
            group.addTask { await beatInPlaceOfEngine() }
            group.addTask { await events.run() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        notifier.stopping(status: "answering what was read")
        logger.info("stopping: answering what was read")
        try await server.stop()
        // systemctl status shows the last line also of a service that is no more.
        notifier.status("stopped: all that was read is answered")
    }

    private func reload(at hangups: UnixSignalsSequence) async {
        for await _ in hangups {
            notifier.reloading(status: "reloading")
            reload()
            notifier.ready(status: status.text)
        }
    }

    /// The engine feeds the watchdog. Where there is none, ending would help nobody; and a disk that takes long to sync is
    /// not faster for another process, so that it is waited for, but not for ever.
    private func beatInPlaceOfEngine() async {
        while !Task.isCancelled {
            let look = SyncVigil.look(syncingForMs: server.syncingForMs)
            if server.isDegraded || look.beats { notifier.watchdog() }
            status.change { $0.sync = look.status }
            try? await Task.sleep(for: .milliseconds(beatMs))
        }
    }
}
