import Glibc

/// Formatting for people, and the console.
package enum Text {
    /// `value` with a fixed number of decimals and its thousands apart: `104 331.5`.
    package static func number(_ value: Double, decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        var whole = ""
        for (position, digit) in String(scaled / scale).reversed().enumerated() {
            if position > 0, position % 3 == 0 { whole.insert(" ", at: whole.startIndex) }
            whole.insert(digit, at: whole.startIndex)
        }
        if value < 0, scaled != 0 { whole.insert("-", at: whole.startIndex) }
        guard decimals > 0 else { return whole }
        let fraction = String(scaled % scale)
        return whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// `text` filled up with spaces to `width` characters.
    package static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }

    /// The whole of a small file, such as a log or one of /proc.
    package static func file(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Writes a small file.
    package static func save(_ text: String, to path: String) throws {
        let bytes = Array(text.utf8)
        guard let file = fopen(path, "we") else { throw LoadFailure.system(path) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { throw LoadFailure.system(path) }
    }

    /// Progress and complaints go to standard error, so that standard output holds the table alone.
    package static func note(_ line: String) {
        var bytes = Array((line + "\n").utf8)
        while !bytes.isEmpty {
            let written = write(STDERR_FILENO, bytes, bytes.count)
            if written <= 0 { return }
            bytes.removeFirst(written)
        }
    }
}
