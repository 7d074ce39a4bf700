import CSystemd
import Glibc

/// The journal of systemd, as sd_journal_send(3) takes entries: a list of fields, each a name and a text.
package enum JournalStream {
    /// Whether standard error is a stream into the journal: systemd names its device and inode in `JOURNAL_STREAM`.
    /// Entries with fields may then go there in its place.
    package static func isStandardError(_ environment: [String: String]) -> Bool {
        guard let named = environment["JOURNAL_STREAM"] else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return named == "\(status.st_dev):\(status.st_ino)"
    }

    /// Sends one entry.
    ///
    /// - Parameter fields: names are of capitals, digits and `_`, such as `MESSAGE`; texts are any.
    /// - Returns: whether the journal took it.
    package static func send(_ fields: [(name: String, text: String)]) -> Bool {
        // One piece of memory that all parts point into.
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for (name, text) in fields {
            bytes += Array("\(name)=\(text)".utf8)
            ends.append(bytes.count)
        }
        return bytes.withUnsafeMutableBytes { buffer in
            var start = 0
            let parts = ends.map { end in
                defer { start = end }
                return iovec(iov_base: buffer.baseAddress.map { $0 + start }, iov_len: end - start)
            }
            return sd_journal_sendv(parts, Int32(parts.count)) == 0
        }
    }
}
