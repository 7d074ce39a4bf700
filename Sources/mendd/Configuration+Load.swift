import Glibc

extension Configuration {
    /// The file that is read where none is named; it may be missing.
    static let defaultFile = "/etc/mend/mend.yaml"

    /// A larger file is taken for a mistake.
    static let maximumFileBytes = 1_048_576

    /// The configuration in force.
    ///
    /// - Parameters:
    ///   - file: the file that was asked for, which must exist; nil for `defaultFile`.
    ///   - environment: the environment of the process. Its `MEND_` variables override the file.
    static func load(
        file: String?, environment: [String: String], defaultFile: String = Configuration.defaultFile
    ) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        let path = file ?? defaultFile
        if let text = try text(of: path, mayBeMissing: file == nil) {
            try configuration.apply(yaml: text, file: path)
        }
        try configuration.apply(environment: environment)
        try configuration.checkMemory()
        return configuration
    }

    /// What one part is allowed must fit into the whole, or a request that is allowed could never be taken in.
    private func checkMemory() throws(ConfigurationError) {
        let ascending = [
            ("limits.line_bytes", limits.lineBytes),
            ("limits.in_flight_bytes", limits.inFlightBytes),
            ("limits.total_bytes", limits.totalBytes),
        ]
        for (part, whole) in zip(ascending, ascending.dropFirst()) where part.1 > whole.1 {
            throw ConfigurationError("\(whole.0) (\(whole.1)) must not be less than \(part.0) (\(part.1))")
        }
    }

    static func text(of path: String, mayBeMissing: Bool) throws(ConfigurationError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if mayBeMissing && errno == ENOENT { return nil }
            throw unreadable(path, errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= maximumFileBytes else {
                throw ConfigurationError("\(path): more than \(maximumFileBytes) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw ConfigurationError("\(path):\(line + 1): not UTF-8")
        }
        return text
    }

    private static func unreadable(_ path: String, _ errno: Int32) -> ConfigurationError {
        ConfigurationError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
