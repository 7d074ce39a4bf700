import GRDB
import Glibc

/// A state as a file, looked at from outside: it may be in use by a daemon meanwhile.
///
/// It is opened for reading alone, on a connection that never checkpoints, so that the daemon's writer stays the only one
/// that does; what is read is one moment of it.
package struct StateFile {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// What was found wrong in it, a sentence each; none where all is well.
    package func verify() throws(StateError) -> [String] {
        try reading { db in
            try refuseForeign(db)
            return try StateCheck.findings(db) + StateCheck.strangers(db)
        }
    }

    /// Refuses what this version cannot use.
    func refuseForeign(_ db: Database) throws {
        // Migrations without our tables mean that the file is somebody else's.
        if try !db.tableExists("counters") {
            throw StateError.corrupt(path: path, detail: "it is not a database of mendd")
        }
        if try Migrations.migrator.hasBeenSuperseded(db) { throw StateError.newer(path: path) }
    }

    /// Copies it, verified and on disk when this returns. What was at `destination` is replaced at once, or not at all.
    ///
    /// The copy says of itself that it is one: a daemon that begins with it gives out no id again that was given out since.
    ///
    /// - Parameter opened: called when the state is open, before anything is written.
    package func backUp(to destination: String, opened: () throws -> Void = {}) throws(StateError) {
        try reading { db in
            // Once it was read from, all that belongs to it is open.
            try refuseForeign(db)
            try opened()
            try backUp(db, to: destination)
        }
    }

    private func backUp(_ source: Database, to destination: String) throws(StateError) {
        if let mine = FileIdentity(path), mine == FileIdentity(destination) {
            throw .unusable(path: destination, detail: "it is the state itself: name another file")
        }
        var status = stat()
        if lstat(destination, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw .unusable(
                path: destination, detail: "it is no file but something else, which stays: name another one")
        }
        let folder = try PartialFolder(beside: destination)
        defer { folder.remove() }
        try copy(source, to: folder.copy, for: destination)
        guard StateFile.sync(folder.copy), rename(folder.copy, destination) == 0,
            StateFile.sync(StateFile.directory(of: destination))
        else { throw .unusable(path: destination, detail: String(cString: strerror(errno))) }
    }

    /// - Parameter destination: what it is to become.
    private func copy(
        _ source: Database, to path: String, for destination: String
    ) throws(StateError) {
        // Who makes it may be root, whose umask is another.
        let made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw .unusable(path: destination, detail: StateError.detail(errno: errno, path)) }
        close(made)
        let copy: DatabaseQueue
        do {
            copy = try DatabaseQueue(path: path)
            try copy.writeWithoutTransaction { try source.backup(to: $0) }
            try copy.write { db in try db.execute(sql: "UPDATE counters SET instance = ''") }
            // One file without a log beside it.
            try copy.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
            let findings = try copy.read { try StateCheck.findings($0) + StateCheck.strangers($0) }
            try copy.close()
            guard findings.isEmpty else {
                throw StateError.corrupt(path: self.path, detail: findings.joined(separator: "; "))
            }
        } catch {
            throw StateError(error, of: self.path, writing: destination)
        }
    }

    /// The names of the migrations that it has had; nothing where it is none of ours.
    var migrations: Set<String> {
        (try? reading { db in try Migrations.migrator.appliedIdentifiers(db) }) ?? []
    }

    /// Reads it as it is at one moment.
    func reading<Value>(_ body: (Database) throws -> Value) throws(StateError) -> Value {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unusable(path: path, detail: String(cString: strerror(errno))) }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read(body)
        } catch {
            throw StateError(error, of: path)
        }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Brings a file or a directory to disk.
    static func sync(_ path: String) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        return file >= 0 && fsync(file) == 0
    }
}

/// Which file a path names.
struct FileIdentity: Equatable {
    let device: dev_t
    let inode: ino_t

    /// Nothing where there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// Whether it has a name, of those files that this process has open. It is not opened for that: closing it again would
    /// take SQLite's locks away (https://www.sqlite.org/howtocorrupt.html, 2.2).
    var isNamedWhereOpen: Bool {
        var status = stat()
        return (0..<Int32(getdtablesize())).contains { descriptor in
            fstat(descriptor, &status) == 0 && status.st_dev == device && status.st_ino == inode && status.st_nlink > 0
        }
    }
}
