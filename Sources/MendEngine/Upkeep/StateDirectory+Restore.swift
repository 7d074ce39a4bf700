import GRDB
import Glibc

extension StateDirectory {
    /// Puts a copy of a backup in the place of the state, which no daemon may be using, and keeps what was there.
    ///
    /// - Returns: where what was there is now; nothing where there was nothing.
    package func restore(_ backup: StateFile) throws(StateError) -> String? {
        let new = databasePath + ".restored"
        try backup.backUp(to: new)
        chownLikeDirectory(new)
        chownLikeDirectory(path + "/mend.lock")
        let old = try keepOld()
        // At any moment there is a state under its name, the old one or the new one.
        guard rename(new, databasePath) == 0, StateFile.sync(path) else {
            throw .unusable(path: databasePath, detail: String(cString: strerror(errno)))
        }
        return old
    }

    /// Gives the database a second name, the first that is free, and leaves no log beside it: with another database in its
    /// place, that log would destroy it.
    private func keepOld() throws(StateError) -> String? {
        guard hasDatabase else {
            for suffix in ["-wal", "-shm"] { unlink(databasePath + suffix) }
            return nil
        }
        var number = 1
        while access("\(databasePath).replaced-\(number)", F_OK) == 0 { number += 1 }
        let old = "\(databasePath).replaced-\(number)"
        writeBackLog()
        guard link(databasePath, old) == 0 else {
            throw .unusable(path: old, detail: String(cString: strerror(errno)))
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

    /// Root restores for the daemon's own user.
    private func chownLikeDirectory(_ path: String) {
        var status = stat()
        guard geteuid() == 0, stat(self.path, &status) == 0 else { return }
        _ = chown(path, status.st_uid, status.st_gid)
    }
}
