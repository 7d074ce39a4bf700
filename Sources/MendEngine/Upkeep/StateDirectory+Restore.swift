import GRDB
import Glibc

extension StateDirectory {
    /// Puts a copy of a backup in the place of the state, which no daemon may be using, and keeps what was there.
    ///
    /// Root does it as the user to whom the directory belongs, and stays that user: nothing in there can lead root astray.
    ///
    /// - Returns: where what was there is now; nothing where there was nothing.
    package func restore(_ backup: StateFile) throws(StateError) -> String? {
        let new = restoredPath
        try backup.backUp(to: new, opened: becomeOwner)
        let old = try keepOld()
        // At any moment there is a state under its name, the old one or the new one.
        guard rename(new, databasePath) == 0, StateFile.sync(path) else {
            throw .unusable(path: databasePath, detail: String(cString: strerror(errno)))
        }
        return old
    }

    /// Where a backup is before it takes the place of the state.
    var restoredPath: String { databasePath + ".restored" }

    /// Gives the database a second name, the first that is free, and leaves no log beside it: with another database in its
    /// place, that log would destroy it.
    private func keepOld() throws(StateError) -> String? {
        guard hasDatabase else {
            try setAsideLog()
            unlink(databasePath + "-shm")
            return nil
        }
        let old = replacedPath
        writeBackLog()
        guard link(databasePath, old) == 0 else {
            throw .unusable(path: databasePath, detail: StateError.detail(errno: errno, databasePath))
        }
        // What could not be written back, as of a damaged database, is kept with it.
        if access(databasePath + "-wal", F_OK) == 0, rename(databasePath + "-wal", old + "-wal") != 0 {
            throw .unusable(path: databasePath + "-wal", detail: String(cString: strerror(errno)))
        }
        unlink(databasePath + "-shm")
        return old
    }

    /// Brings what is in the log into the database, and removes the log, where the database can still be used.
    private func writeBackLog() {
        guard let queue = try? DatabaseQueue(path: databasePath) else { return }
        _ = try? queue.writeWithoutTransaction { try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try? queue.close()
    }

    /// Keeps a log without its database, which was moved away and may come back: SQLite would delete it.
    func setAsideLog() throws(StateError) {
        var status = stat()
        let log = databasePath + "-wal"
        guard stat(log, &status) == 0, status.st_size > 0 else { return }
        guard rename(log, replacedPath + "-wal") == 0 else {
            throw .unusable(path: log, detail: StateError.detail(errno: errno, log))
        }
    }

    /// The first free name for what was there.
    private var replacedPath: String {
        var number = 1
        func isTaken(_ path: String) -> Bool { access(path, F_OK) == 0 || access(path + "-wal", F_OK) == 0 }
        while isTaken("\(databasePath).replaced-\(number)") { number += 1 }
        return "\(databasePath).replaced-\(number)"
    }

    private func becomeOwner() throws {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            throw StateError.unusable(
                path: path, detail: "root cannot become its owner: \(String(cString: strerror(errno)))")
        }
    }
}
