import GRDB
import Glibc

extension StateDirectory {
    /// Puts a copy of a backup in the place of the state, which no daemon may be using, and keeps what was there.
    ///
    /// - Returns: where what was there is now; nothing where there was nothing.
    package func restore(_ backup: StateFile) throws(StateError) -> String? {
        let findings = try backup.verify()
        guard findings.isEmpty else {
            throw .corrupt(path: backup.path, detail: findings.joined(separator: "; "))
        }
        let new = databasePath + ".restored"
        try backup.backUp(to: new)
        chownLikeDirectory(new)
        chownLikeDirectory(path + "/mend.lock")
        let old = try setAside()
        guard rename(new, databasePath) == 0, StateFile.sync(path) else {
            throw .unusable(path: databasePath, detail: String(cString: strerror(errno)))
        }
        return old
    }

    /// Moves the database away under the first name that is free, its log with it: a log beside another database would
    /// destroy that one.
    private func setAside() throws(StateError) -> String? {
        guard hasDatabase else {
            for suffix in ["-wal", "-shm"] { unlink(databasePath + suffix) }
            return nil
        }
        var number = 1
        while access("\(databasePath).replaced-\(number)", F_OK) == 0 { number += 1 }
        let old = "\(databasePath).replaced-\(number)"
        // The index of a log is made anew by whoever opens it.
        unlink(databasePath + "-shm")
        for suffix in ["-wal", ""] where access(databasePath + suffix, F_OK) == 0 {
            guard rename(databasePath + suffix, old + suffix) == 0 else {
                throw .unusable(path: databasePath + suffix, detail: String(cString: strerror(errno)))
            }
        }
        return old
    }

    /// Root restores for the daemon's own user.
    private func chownLikeDirectory(_ path: String) {
        var status = stat()
        guard geteuid() == 0, stat(self.path, &status) == 0 else { return }
        _ = chown(path, status.st_uid, status.st_gid)
    }
}
