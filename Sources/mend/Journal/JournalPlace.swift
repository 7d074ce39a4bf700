import Glibc

/// How far the journal has been told: a file in the user's state, one for each choice of units.
struct JournalPlace {
    /// The entry after which it goes on, or the point in time from which on, where there was none yet.
    enum Value: Equatable {
        case after(cursor: String)
        case since(ms: Int64)
    }

    private let directory: String
    private let path: String

    /// - Parameter units: those that are told; all where there are none.
    init(units: [String]) throws {
        directory = try UserDirectory.make(.state, "journal")
        // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), which is the same on every run.
        let name = units.sorted().joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        path = "\(directory)/\(units.isEmpty ? "all" : String(name, radix: 16))"
    }

    func read() throws -> Value? {
        guard access(path, F_OK) == 0 else {
            guard errno == ENOENT else { throw SystemFailure(path, errno) }
            return nil
        }
        let text = try Input.all(path).split(separator: "\n").first.map(String.init) ?? ""
        if text.hasPrefix("@"), let ms = Int64(text.dropFirst()) { return .since(ms: ms) }
        return text.isEmpty ? nil : .after(cursor: text)
    }

    /// On disk when this returns.
    func keep(_ value: Value) throws {
        let text =
            switch value {
            case .after(let cursor): cursor
            case .since(let ms): "@\(ms)"
            }
        let temporary = "\(path).\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFailure(temporary, errno) }
        defer { close(file) }
        guard Array("\(text)\n".utf8).withUnsafeBytes({ writeAll($0, to: file) }), fsync(file) == 0,
            rename(temporary, path) == 0
        else {
            let number = errno
            unlink(temporary)
            throw SystemFailure(temporary, number)
        }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw SystemFailure(directory, errno) }
    }
}
