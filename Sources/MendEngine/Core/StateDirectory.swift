import Glibc

/// The directory that holds the state, locked for as long as this value lives.
package final class StateDirectory: Sendable {
    package let path: String
    private let lock: Int32

    package var databasePath: String { path + "/mend.db" }

    var hasDatabase: Bool {
        var status = stat()
        return stat(databasePath, &status) == 0 && status.st_size > 0
    }

    /// Makes the directory where it is missing, for its owner only, and locks it.
    package init(_ path: String) throws(StateError) {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .unusable(path: path, detail: String(cString: strerror(errno)))
        }
        let file = path + "/mend.lock"
        let made = open(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        lock = made >= 0 ? made : open(file, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard lock >= 0 else { throw .unusable(path: file, detail: StateError.detail(errno: errno, file)) }
        // Root restores for the daemon's own user.
        var status = stat()
        if made >= 0, geteuid() == 0, stat(path, &status) == 0 {
            fchown(lock, status.st_uid, status.st_gid)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .inUse(path: path) }
            throw .unusable(path: path, detail: String(cString: strerror(errno)))
        }
    }

    deinit { close(lock) }
}
