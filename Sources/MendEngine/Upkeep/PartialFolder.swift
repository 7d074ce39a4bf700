import Glibc

/// A folder beside a file, in which that file is made. It is nobody else's: SQLite opens files by name, and the directory may
/// be everybody's. It is locked as long as it is in use, so that what a kill has left is known and removed the next time.
struct PartialFolder {
    let path: String
    private let lock: Int32

    /// What SQLite makes beside a file, and the file itself.
    private static let contents = ["/copy", "/copy-journal", "/copy-wal", "/copy-shm"]

    init(beside file: String) throws(StateError) {
        try Self.refuseWhatOthersCanChange(StateFile.directory(of: file))
        Self.removeLeftovers(beside: file)
        var template = Array("\(file).partial.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .unusable(path: file, detail: String(cString: strerror(errno))) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        flock(lock, LOCK_EX | LOCK_NB)
    }

    var copy: String { path + "/copy" }

    func remove() {
        Self.remove(path)
        close(lock)
    }

    private static func remove(_ path: String) {
        for name in contents { unlink(path + name) }
        rmdir(path)
    }

    /// Removes what was being made there when somebody was killed.
    static func removeLeftovers(beside file: String) {
        let directory = StateFile.directory(of: file)
        let prefix = (file.split(separator: "/").last.map(String.init) ?? file) + ".partial."
        guard let entries = opendir(directory) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix(prefix), name.utf8.count == prefix.utf8.count + 6 else { continue }
            let folder = open("\(directory)/\(name)", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard folder >= 0 else { continue }
            defer { close(folder) }
            var status = stat()
            guard fstat(folder, &status) == 0, status.st_uid == geteuid(), flock(folder, LOCK_EX | LOCK_NB) == 0
            else { continue }
            remove("\(directory)/\(name)")
        }
    }

    /// Whoever can rename a directory on the way to a file can have root write another one.
    private static func refuseWhatOthersCanChange(_ directory: String) throws(StateError) {
        guard geteuid() == 0, let resolved = realpath(directory, nil) else { return }
        defer { free(resolved) }
        var place = String(cString: resolved)
        var status = stat()
        while true {
            guard lstat(place, &status) == 0 else { return }
            let isShared = status.st_mode & (S_IWGRP | S_IWOTH) != 0 && status.st_mode & mode_t(S_ISVTX) == 0
            if isShared || status.st_uid != 0 {
                throw .unusable(
                    path: directory,
                    detail: """
                        others than root can rename \(place), and so have root write to another file: make the copy in \
                        a directory of root's, such as /var/backups
                        """)
            }
            if place == "/" { return }
            place = StateFile.directory(of: place)
        }
    }
}
