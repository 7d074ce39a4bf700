import Glibc

/// Room on the file system that is set aside for the state's files before it is needed: what ends work can still be
/// written when everything else is full.
///
/// The blocks are allocated behind the ends of the files (fallocate(2), FALLOC_FL_KEEP_SIZE), so SQLite sees nothing of
/// them and its writes fill them. Both files stay open as long as this lives: closing a descriptor of the database would
/// drop SQLite's locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
final class SpaceReserve {
    /// What is asked for behind the database, and for the log as a whole; less where the file system is small.
    private static let databaseBytes: off_t = 32 << 20
    private static let logBytes: off_t = 24 << 20
    private static let pageBytes: off_t = 4096

    private let database: Int32
    private let log: Int32
    private let databaseBytes: off_t
    private let logBytes: off_t

    /// Nothing where the files cannot be opened or the file system cannot set room aside.
    init?(database path: String) {
        let database = open(path, O_RDWR | O_CLOEXEC)
        guard database >= 0 else { return nil }
        let log = open(path + "-wal", O_RDWR | O_CLOEXEC)
        var space = statvfs()
        guard log >= 0, fstatvfs(database, &space) == 0 else {
            // Closing `database` here would cost SQLite its locks: it is left open until the process ends.
            return nil
        }
        self.database = database
        self.log = log
        let share = off_t(space.f_blocks) * off_t(space.f_frsize) / 8
        databaseBytes = min(Self.databaseBytes, share)
        logBytes = min(Self.logBytes, share)
    }

    /// How many pages may be written before the room is looked at again: half of it, so that the other half is there
    /// when no more can be had.
    var pagesBetweenLooks: Int { max(16, Int(databaseBytes / 2 / Self.pageBytes)) }

    /// Sets aside what has been used since; tells whether all of the room is there.
    ///
    /// - Parameter freePages: pages within the database that are free: they are room, too.
    func hold(freePages: Int) -> Bool {
        var status = stat()
        guard fstat(database, &status) == 0 else { return true }
        // Where the file system knows no such thing, SQLite's own word on what fits must do.
        return allocate(database, from: status.st_size, databaseBytes - off_t(freePages) * Self.pageBytes)
            && allocate(log, from: 0, logBytes)
    }

    private func allocate(_ file: Int32, from offset: off_t, _ length: off_t) -> Bool {
        guard length > 0, let fallocate = Self.fallocate else { return true }
        let keepSize: Int32 = 1  // FALLOC_FL_KEEP_SIZE of <linux/falloc.h>
        return fallocate(file, keepSize, offset, length) == 0 || (errno != ENOSPC && errno != EDQUOT)
    }

    /// glibc declares it for `_GNU_SOURCE` only, which Swift's import of it does not define.
    private static let fallocate = dlsym(nil, "fallocate").map {
        unsafeBitCast($0, to: (@convention(c) (Int32, Int32, off_t, off_t) -> Int32).self)
    }

    deinit {
        close(log)
        close(database)
    }
}
