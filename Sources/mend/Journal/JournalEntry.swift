import MendWire

/// An entry of the journal, as `journalctl --output=json` has it.
struct JournalEntry {
    /// Where it stands.
    let cursor: String
    /// When it was written, in Unix microseconds.
    let atUs: Int64
    private let fields: JSONValue

    init?(_ line: some Collection<UInt8>) {
        guard let fields = try? JSONDocument(parsing: String(decoding: line, as: UTF8.self)).root,
            let cursor = fields["__CURSOR"]?.stringValue,
            let at = fields["__REALTIME_TIMESTAMP"]?.stringValue.flatMap({ Int64($0) })
        else { return nil }
        (self.cursor, atUs, self.fields) = (cursor, at, fields)
    }

    /// A field's text; nothing where it is not there or empty.
    subscript(name: String) -> String? {
        guard let text = fields[name].flatMap(Self.text), !text.isEmpty else { return nil }
        return text
    }

    /// What is not UTF-8 comes as an array of its bytes, and a field that is there more than once as an array of its values.
    private static func text(_ value: JSONValue) -> String? {
        if let text = value.stringValue { return text }
        guard value.kind == .array else { return nil }
        if value.elements.allSatisfy({ $0.integerValue != nil }) {
            return String(
                decoding: value.elements.compactMap { $0.integerValue.flatMap { UInt8(exactly: $0) } }, as: UTF8.self)
        }
        return value.elements.lazy.compactMap(text).first
    }

    /// What systemd itself says about a unit: anybody may write entries with the same fields, but the journal itself
    /// writes those that begin with an underscore.
    var isOfManager: Bool { self["_PID"] == "1" }

    /// Where systemd looks at core dumps. It does so under the user of what crashed, so that the user tells nothing.
    static let coreDumps = #"system-systemd\x2dcoredump.slice"#
    var isOfCoreDumps: Bool { self["_SYSTEMD_SLICE"] == Self.coreDumps }

    var isUnitFailed: Bool { isOfManager && self["MESSAGE_ID"] == JournalMessage.unitFailed }
}

/// The kinds of entries that tell of failures (`journalctl --catalog --dump-catalog`).
enum JournalMessage {
    static let jobFailed = "be02cf6855d2428ba40df7e9d022f03d"
    /// Also where it could not be reloaded.
    static let jobReloaded = "7b05ebc668384222baa8881179cfda54"
    static let unitFailed = "d9b373ed55a64feb8242e02dbe79a49c"
    static let processExited = "98e322203f7a4ed290d09fe03c09fe15"
    static let coreDumped = "fc2e22bc6ee647b6b90729ab34a250b1"
    static let outOfMemory = "fe6faa94e7774663a0da52717891d8ef"
}
