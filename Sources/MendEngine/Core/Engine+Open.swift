import GRDB
import Glibc
import MendProtocol
import MendRules

/// Why the state could not be opened. Nothing was changed.
package enum StateError: Error, CustomStringConvertible {
    /// Another daemon has it.
    case inUse(path: String)
    /// A newer version of Mend wrote it.
    case newer(path: String)
    /// It is not a database, or a broken one.
    case corrupt(path: String, detail: String)
    case unusable(path: String, detail: String)
    /// The path names another file than the one that is open, or none.
    case moved(path: String)
    /// What it holds was sealed with a key that is not there, or another key has that number.
    case missingKey(Int64)
    case wrongKey(Int64)

    package var description: String {
        switch self {
        case .inUse(let path): "another mendd uses \(path): end it first (systemctl stop mend.socket mend.service)"
        case .newer(let path): "\(path) was written by a newer version of mendd; install that version or use its backup"
        case .corrupt(let path, let detail):
            """
            \(path) is damaged (\(detail)); it was left as it is: mendd verify tells more, mendd restore puts a backup in \
            its place; or move it away to begin anew
            """
        case .moved(let path):
            """
            \(path) is not the file any more that mendd has open and that holds what was answered: put that one back, or \
            leave what is there in its place
            """
        case .missingKey(let key):
            "the state holds payloads that are sealed with key \(key), which is not among the payload keys: add it again"
        case .wrongKey(let key):
            "key \(key) is not the one that payloads were sealed with: give a new key a number of its own"
        case .unusable(let path, let detail): "\(path) cannot be used: \(detail)"
        }
    }
}

extension Engine {
    /// Opens or creates the state in `directory`, brings it up to date, and begins where it ended.
    ///
    /// - Parameter migrating: called before a state of an older version is kept and brought up to date, which takes as long
    ///   as the state is large.
    package static func open(
        _ directory: StateDirectory, settings: EngineSettings, rules: RulesInForce = RulesInForce(.shipped),
        reading: ClockReading, seed: UInt64, migrating: () -> Void = {}
    ) throws(StateError) -> Engine {
        let path = directory.databasePath
        do {
            let file = StateFile(path)
            if !directory.hasDatabase {
                try directory.setAsideLog()
            } else if try age(of: file) == .old {
                migrating()
                // Whoever has to go back to the version before finds its state here: as it was before the first of the
                // migrations, should they have been interrupted.
                let kept = StateFile(path + ".before-\(MendVersion.current)")
                let (had, has) = (kept.migrations, file.migrations)
                if had.isEmpty || !had.isStrictSubset(of: has) { try file.backUp(to: kept.path) }
            }
            let pool = try DatabasePool(path: path, configuration: configuration())
            try pool.writeWithoutTransaction { db in
                // GRDB's set-up of WAL has just chosen NORMAL; only FULL has a commit on disk when it returns.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Checkpoints are the writer's, between commits: `checkpoint()`.
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            }
            let engine = try Engine(opening: pool, settings: settings, rules: rules, reading: reading, seed: seed)
            engine.directory = directory
            PartialFolder.removeLeftovers(beside: directory.restoredPath)
            for file in [path, path + "-wal"] { engine.files[file] = FileIdentity(file) }
            engine.space = SpaceReserve(database: path)
            engine.isShortOfSpace = !(engine.space?.hold(freePages: 0) ?? true)
            return engine
        } catch {
            throw StateError(error, of: path)
        }
    }

    /// Opens any writable database: tests hand one in that lives in memory.
    package convenience init(
        opening database: any DatabaseWriter, settings: EngineSettings,
        rules: RulesInForce = RulesInForce(.shipped), reading: ClockReading, seed: UInt64
    ) throws {
        try Migrations.migrator.migrate(database)
        var random = RandomSource(seed: seed)
        let start = try database.write { db in
            try Self.checkPayloadKeys(db, cipher: settings.cipher)
            return try Start(db, reading: reading, random: &random)
        }
        let breakers = try database.read { [start] db in
            try BreakerTable.load(
                db, settings: settings, permitsFrom: start.permitsFrom, seed: seed,
                counts: { rules.current.classify($0).category.countsForBreakers })
        }
        self.init(
            database: database, settings: settings, rules: rules, breakers: breakers,
            counters: start.counters, instance: start.instance, timeBase: start.timeBase, seed: random.next())
        lastRun = LastRun(
            wallOffsetMs: start.lastWallOffsetMs, hostRestarted: start.hostRestarted,
            isRestored: start.isRestored, isFirst: start.isFirst)
        try database.write { db in
            let now = start.timeBase.moment(reading)
            try loadHolds(db, now: now, hostRestarted: start.hostRestarted)
            try loadGates(db, now: now)
            try loadReplays(db)
        }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "mend"
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // Of a new file only, before there is anything in it: pages that are free can then be given back.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            try db.execute(sql: "PRAGMA cache_size = -16000")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    private enum Age {
        case current, old
    }

    /// Looks at an existing file before anything may write to it.
    private static func age(of file: StateFile) throws(StateError) -> Age {
        try file.reading { db in
            if try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 { return .current }
            try file.refuseForeign(db)
            return try Migrations.migrator.hasCompletedMigrations(db) ? .current : .old
        }
    }
}

/// What the row of counters says at the start, made where there is none, and continued.
private struct Start: Sendable {
    let counters: Counters
    let instance: String
    let timeBase: TimeBase
    let permitsFrom: Int64
    let hostRestarted: Bool
    let isRestored: Bool
    let isFirst: Bool
    let lastWallOffsetMs: Int64

    init(_ db: Database, reading: ClockReading, random: inout RandomSource) throws {
        isFirst = try Row.fetchOne(db, sql: "SELECT 1 FROM counters") == nil
        if isFirst {
            try db.execute(
                sql: """
                    INSERT INTO counters (instance, boot_id, base_offset, last_wall, last_elapsed) VALUES (?, ?, ?, ?, 0)
                    """,
                arguments: [
                    String(random.next(), radix: 36), reading.bootID, -reading.sinceBootMs, reading.wallMs,
                ])
        }
        var counters = try Counters.read(db)
        guard
            let row = try Row.fetchOne(db, sql: "SELECT instance, boot_id, base_offset FROM counters")
        else { throw Counters.missingRow }
        let last = try Counters.readMoment(db)
        // A backup is without a name: what begins with it is another instance, which gives out no id that was given out
        // after the backup was made.
        isRestored = row["instance"] == ""
        instance = isRestored ? String(random.next(), radix: 36) : row["instance"]
        if isRestored { counters.jump() }
        timeBase = TimeBase(
            continuing: TimeBase(bootID: row["boot_id"], offsetMs: row["base_offset"]),
            last: last, with: reading)
        hostRestarted = row["boot_id"] != reading.bootID
        lastWallOffsetMs = last.wallMs - last.elapsedMs
        if hostRestarted {
            // Leases by time alone do not outlive the host. Should this run end before it could end them, the next one must
            // know: it will see the same boot.
            try db.execute(
                sql: "UPDATE operations INDEXED BY operations_leased SET owner = 0 WHERE state = 4 AND owner IS NULL")
        }
        permitsFrom = counters.permit
        counters.permit += BreakerTable.permitBlock
        try db.execute(
            sql: "UPDATE counters SET instance = ?, boot_id = ?, base_offset = ?",
            arguments: [instance, timeBase.bootID, timeBase.offsetMs])
        try counters.write(db, at: timeBase.moment(reading))
        self.counters = counters
    }
}

extension StateError {
    /// - Parameter destination: what was being written, where that is another file.
    init(_ error: any Error, of path: String, writing destination: String? = nil) {
        if let error = error as? StateError {
            self = error
        } else if let damage = (error as? DatabaseError)?.damage(to: path) {
            self = damage
        } else {
            self = .unusable(path: destination ?? path, detail: Self.detail(error, destination ?? path))
        }
    }

    /// What SQLite has no words of its own for.
    private static func detail(_ error: any Error, _ path: String) -> String {
        var room = statvfs()
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_FULL: return "there is no room left on its disk"
        case .SQLITE_IOERR where statvfs(StateFile.directory(of: path), &room) == 0 && room.f_bavail == 0:
            return "there is no room left on its disk"
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            errno = 0
            return access(path, R_OK | W_OK) == 0 ? "\(error)" : Self.detail(errno: errno, path)
        default: return "\(error)"
        }
    }

    /// What an error number says of a file, and of whose it is where that is the matter.
    static func detail(errno number: Int32, _ path: String) -> String {
        let text = String(cString: strerror(number))
        var status = stat()
        guard number == EACCES || number == EPERM, stat(path, &status) == 0 else { return text }
        return "\(text): it belongs to user \(status.st_uid), and this is user \(geteuid())"
    }
}

extension DatabaseError {
    /// The damage to the file at `path` that this tells of; nothing where it is about something else.
    func damage(to path: String) -> StateError? {
        switch resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt(path: path, detail: message ?? "\(resultCode)")
        default: nil
        }
    }
}
