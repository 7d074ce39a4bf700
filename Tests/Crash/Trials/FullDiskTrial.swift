import Glibc
import LoadKit
import MendWire

/// R5: a file system that really fills up under load, in a mount namespace of its own.
///
/// Everybody goes on as before while not a block is left: new work is refused by name, what ends work and reads go on,
/// and once there is space again so is the service, without a restart. A kill -9 at the end shows that nothing that was
/// acknowledged is lost.
struct FullDiskTrial {
    let options: Options

    private static let megabytes = 64

    /// Runs it in a process that may mount; says why where there is none.
    func verdict(_ place: Workplace) throws -> Verdict {
        try place.withDirectory { directory in
            // Root needs no user namespace, and others are rarely refused one.
            let ways = [["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]]
            guard
                let way = try ways.first(where: {
                    try ChildProcess($0 + ["true"], log: "\(directory)/why").waitForEnd() == 0
                })
            else {
                let why = (Text.file("\(directory)/why") ?? "").split(separator: "\n").last ?? ""
                return Verdict("R5", .skipped, "no small file system can be mounted here: \(why)")
            }
            let log = "\(directory)/log"
            let child = try ChildProcess(
                way + [
                    CommandLine.arguments[0], "full-disk", "--mendd", options.mendd, "--directory", directory, "--seed",
                    "\(options.seed)",
                ] + (options.quick ? ["--quick"] : []), log: log)
            let status = try child.waitForEnd()
            let lines = (Text.file(log) ?? "").split(separator: "\n")
            for line in lines.dropLast() { Text.note(String(line)) }
            guard status < 2, let figures = lines.last else { throw LoadFailure("status \(status): \(child.printed)") }
            return Verdict("R5", isReached: status == 0, String(figures))
        }
    }

    // MARK: Inside of the namespace

    private struct Figures {
        var endsDone = 0
        var newRefused = 0
        var endsRefused = 0
        var reads = 0
        var readsFailed = 0
        var backAfterMs = -1.0
        var faults = 0
        var isSameProcess = false
    }

    /// Does it, and says the figures as its last line; the exit status is 0 where the bar is reached.
    func runInside() throws -> Int32 {
        let small = "\(options.directory)/small"
        guard mkdir(small, 0o700) == 0,
            mount("tmpfs", small, "tmpfs", 0, "size=\(Self.megabytes)m") == 0
        else { throw LoadFailure.system("mount \(small)") }
        defer { umount2(small, Int32(MNT_DETACH)) }
        let daemon = try Mendd(program: options.mendd, directory: options.directory, state: "\(small)/state")
        defer { daemon.crash() }
        let figures = try run(daemon, ballast: "\(small)/ballast")
        let isReached =
            figures.newRefused > 0 && figures.endsDone > 0 && figures.endsRefused == 0 && figures.readsFailed == 0
            && figures.backAfterMs >= 0 && figures.faults == 0 && figures.isSameProcess
        Text.note(
            "\(Self.megabytes) MiB full: new work refused \(figures.newRefused), ends of work done \(figures.endsDone), "
                + "ends of work refused: \(figures.endsRefused), reads \(figures.reads), failed \(figures.readsFailed); "
                + "back \(Text.number(figures.backAfterMs, decimals: 0)) ms after there was space; "
                + "\(figures.faults) lost or odd after a kill")
        return isReached ? 0 : 1
    }

    private func run(_ daemon: Mendd, ballast: String) throws -> Figures {
        var figures = Figures()
        let ledger = Ledger()
        let load = try Load(ledger, socket: daemon.socket, roles: Self.roles, seed: options.seed)
        let reader = try Inquiry(daemon.socket)
        let pid = daemon.server.process.pid
        load.mostHoarded = options.quick ? 400 : 2_000
        ledger.beginRun()
        try load.open()
        try go(load, ms: 1_500) { load.hoard.count >= load.mostHoarded }

        let before = ledger.refused
        try Self.fill(ballast)
        load.mostHoarded = 0
        try go(load, ms: 20_000) { ledger.refused["disk_full"] != before["disk_full"] }
        load.spendsHoard = true
        let done = ledger.endsTold
        var readAt = Clock.now()
        try go(load, ms: options.quick ? 1_500 : 6_000) {
            if Clock.now() > readAt {
                readAt = Clock.now() + 20_000_000
                for method in ["queue.stats", "system.status", "system.health", "transaction.list"] {
                    figures.reads += 1
                    if (try? reader.ask(method)["result"]) == nil { figures.readsFailed += 1 }
                }
            }
            return false
        }
        figures.endsDone = ledger.endsTold - done
        figures.newRefused = ledger.refused["disk_full"] ?? 0
        figures.endsRefused = ledger.refused["end of work: disk_full"] ?? 0

        unlink(ballast)
        let freed = Clock.now()
        let enqueued = ledger.enqueuesTold
        try go(load, ms: 20_000) { ledger.enqueuesTold > enqueued + 100 }
        if ledger.enqueuesTold > enqueued + 100 { figures.backAfterMs = Double(Clock.now() - freed) / 1e6 }
        try go(load, ms: 500) { false }
        figures.isSameProcess = daemon.server.process.isRunning && daemon.server.process.pid == pid

        daemon.crash()
        try load.run()
        try daemon.start()
        ledger.beginRun()
        let audit = try Audit(ledger, socket: daemon.socket)
        try audit.afterRestart()
        try audit.atEnd()
        figures.faults = ledger.faultCount
        return figures
    }

    private static let roles: [Role] =
        Array(repeating: .producer, count: 6) + Array(repeating: .worker(holds: false), count: 6)
        + Array(repeating: .saga, count: 4) + [.undoer, .undoer, .reporter, .breakerUser(breaker: 0)]

    /// Goes on for so long, or until something has come about.
    private func go(_ load: Load, ms: UInt64, _ isOver: () -> Bool) throws {
        let end = Clock.now() + ms * 1_000_000
        try load.run { Clock.now() > end || isOver() }
        guard load.links.contains(where: \.isOpen) else { throw LoadFailure("the daemon has ended") }
    }

    /// Takes every block that is left.
    private static func fill(_ path: String) throws {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LoadFailure.system(path) }
        defer { Glibc.close(file) }
        for size in [1 << 20, 4_096] {
            let bytes = [UInt8](repeating: 1, count: size)
            while write(file, bytes, size) > 0 {}
        }
        guard errno == ENOSPC else { throw LoadFailure.system(path) }
    }
}
