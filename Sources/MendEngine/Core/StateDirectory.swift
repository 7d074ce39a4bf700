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
        lock = open(path + "/mend.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw .unusable(path: path, detail: String(cString: strerror(errno)))
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .inUse(path: path) }
            throw .unusable(path: path, detail: String(cString: strerror(errno)))
        }
    }

    deinit { close(lock) }
}
