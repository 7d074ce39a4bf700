import Glibc

/// A private directory on a real disk, where servers keep their state and their sockets. It goes with this value.
package final class Workplace {
    package let path: String
    private var used = 0

    package init(under parent: String) throws {
        var template = Array("\(parent)/mend-load.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LoadFailure.system("a directory in \(parent)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.remove(path)
    }

    /// Hands out an empty directory, and removes it afterwards: every measure starts from a fresh state.
    package func withDirectory<T>(_ body: (String) throws -> T) throws -> T {
        used += 1
        let directory = "\(path)/\(used)"
        guard mkdir(directory, 0o700) == 0 else { throw LoadFailure.system(directory) }
        defer { Self.remove(directory) }
        return try body(directory)
    }

    /// The name of the file system, such as `ext2/ext3` or `tmpfs`.
    package func fileSystem() throws -> String {
        try withDirectory { try ChildProcess.output(["stat", "-f", "-c", "%T", path], log: "\($0)/log") }
    }

    /// The time in microseconds that a write of 4 KiB takes to reach the disk (the median of many).
    package func syncTime() throws -> Double {
        try withDirectory { directory in
            let file = open("\(directory)/sync", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw LoadFailure.system(directory) }
            defer { close(file) }
            let page = [UInt8](repeating: 1, count: 4_096)
            var latencies = Latencies(capacity: 500)
            for round in 0..<550 {
                let began = Clock.now()
                guard pwrite(file, page, page.count, 0) == page.count, fdatasync(file) == 0 else {
                    throw LoadFailure.system("a synced write in \(directory)")
                }
                if round >= 50 { latencies.add(Clock.now() - began) }
            }
            return latencies.summary().median
        }
    }

    private static func remove(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor >= 0, let directory = fdopendir(descriptor) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(directory)
        }
        Glibc.remove(path)
    }
}
