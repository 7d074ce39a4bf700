import Glibc
import MendProtocol
import MendWire

/// What commands read from arguments, files and standard input.
enum Input {
    /// More than any daemon takes as one line; beyond it nothing is read.
    private static let maxBytes = 256 << 20

    /// JSON as an argument, or from standard input where it is `-`.
    static func json(_ argument: String, for what: String) throws -> RawJSON {
        let text = argument == "-" ? try all("-") : argument
        do throws(JSONSyntaxError) {
            return try RawJSON(validating: text)
        } catch {
            let quoting = "text needs JSON's quotes inside of the shell's: '\"text\"'"
            throw UsageError("\(what) is not JSON: \(error)", hint: argument == "-" ? nil : quoting)
        }
    }

    static func object(_ argument: String, for what: String) throws -> JSONObject {
        guard let object = JSONObject(try json(argument, for: what)) else {
            throw UsageError("\(what) must be a JSON object", hint: "such as '{\"host\":\"a\"}'")
        }
        return object
    }

    /// A whole file, or standard input where it is `-`. What is not UTF-8 is replaced by U+FFFD.
    static func all(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// The same where each byte counts, such as in the names of files.
    static func text(_ path: String) throws -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else {
            throw UsageError("\(path == "-" ? "standard input" : path) is not UTF-8, so nothing of it is done")
        }
        return text
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try read(path) { chunk in
            bytes.append(contentsOf: chunk)
            guard bytes.count <= maxBytes else { throw UsageError("\(path) is longer than \(maxBytes) bytes") }
        }
        return bytes
    }

    /// The end of a file, or of standard input where it is `-`: at most `limit` bytes, from the beginning of a line if
    /// something was left out before it.
    static func tail(_ path: String, limit: Int) throws -> String {
        var tail = OutputTail(limit: limit)
        try read(path) { tail.append($0) }
        return tail.text
    }

    /// A file or standard input, piece by piece.
    static func read(_ path: String, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { if descriptor != 0 { close(descriptor) } }
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { try take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                if count == 0 { return }
                if count < 0, errno != EINTR { throw failure(path, errno) }
            }
        }
    }

    static func failure(_ path: String, _ number: Int32) -> UsageError {
        UsageError("\(path == "-" ? "standard input" : path) cannot be read: \(String(cString: strerror(number)))")
    }
}
