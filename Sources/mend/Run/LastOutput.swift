import Glibc
import MendWire

/// What a command printed when it last succeeded: one file a command and directory, in the user's cache.
struct LastOutput {
    /// Longer output is not kept.
    private static let mostBytes: off_t = 64 << 20

    private let path: String
    /// The first line of the file: two commands whose names have the same hash are told apart.
    private let key: String
    private let maxAgeMs: Int64

    init(of words: [String], maxAgeMs: Int64) throws {
        self.maxAgeMs = maxAgeMs
        var writer = JSONWriter()
        for word in [workingDirectory()] + words {
            writer.writeString(word)
            writer.writeByte(0x20)
        }
        writer.endLine()
        key = writer.text
        // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), which is the same on every run.
        let hash = key.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        path = try UserDirectory.make(.cache, "last") + "/" + String(hash, radix: 16)
    }

    /// - Parameter output: a file, from its beginning.
    /// - Returns: why it is not kept; nothing where it is.
    func save(_ output: Int32) -> String? {
        var about = stat()
        guard fstat(output, &about) == 0, about.st_size <= Self.mostBytes else {
            return "what it printed is more than \(Self.mostBytes >> 20) MiB, and is not kept for --fallback-last"
        }
        let temporary = "\(path).\(getpid())"
        do {
            let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw SystemFailure(temporary, errno) }
            defer { close(file) }
            lseek(output, 0, SEEK_SET)
            guard Array(key.utf8).withUnsafeBytes({ writeAll($0, to: file) }) else {
                throw SystemFailure(temporary, errno)
            }
            try HeldOutput.copy(output, to: file)
            guard rename(temporary, path) == 0 else { throw SystemFailure(path, errno) }
            return nil
        } catch {
            unlink(temporary)
            return "what it printed is not kept for --fallback-last: \(error)"
        }
    }

    /// What was kept, where it is not too old: a file, from its beginning.
    func open() throws -> (descriptor: Int32, ageMs: Int64)? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw SystemFailure(path, errno) }
            return nil
        }
        var about = stat()
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let key = Array(key.utf8)
        var found = [UInt8](repeating: 0, count: key.count)
        guard fstat(file, &about) == 0, read(file, &found, found.count) == found.count, found == key else {
            close(file)
            return nil
        }
        let ageMs = Int64(now.tv_sec - about.st_mtim.tv_sec) * 1000
        guard ageMs <= maxAgeMs, let copy = try? unnamedFile() else {
            close(file)
            return nil
        }
        defer { close(file) }
        try HeldOutput.copy(file, to: copy)
        return (copy, max(0, ageMs))
    }
}
