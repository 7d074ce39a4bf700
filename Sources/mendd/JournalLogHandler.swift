import Crypto
import Logging
import MendProtocol
import MendSystemd

/// Writes log entries into the journal of systemd, each piece of metadata as a field of its own: `operation` is
/// `MEND_OPERATION`. What tells of an event has the `MESSAGE_ID` of its kind, by which `journalctl -x` explains it.
struct JournalLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // Whoever reads standard error then sees at least the words.
        if !JournalStream.send(fields(event)) { say("\(event.level): \(event.message)") }
    }

    func fields(_ event: LogEvent) -> [(name: String, text: String)] {
        var fields = [
            (name: "MESSAGE", text: "\(event.message)"), ("PRIORITY", "\(event.level.priority)"),
            ("SYSLOG_IDENTIFIER", "mendd"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            fields.append(("MEND_\(key.uppercased())", "\(value)"))
            if key == "kind", let kind = EventKind(rawValue: "\(value)") {
                fields.append(("MESSAGE_ID", kind.messageID))
            }
        }
        return fields
    }
}

extension Logger.Level {
    /// As syslog(3) numbers them.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension EventKind {
    /// The 128 bits by which the journal knows entries of this kind, in hexadecimal: the first of SHA-256 over its name, so
    /// that they are the same in every version.
    var messageID: String {
        SHA256.hash(data: Array("mend:\(rawValue)".utf8)).prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0\(text)" : text
        }.joined()
    }
}
