import GRDB
import MendProtocol
import MendWire

extension StoredReport {
    /// The columns, in the order in which `init` reads them.
    static let columns = """
        id, error_group, occurred_at, reported_at, service, message, category, severity, strategy, why, uid, pid,
            details, code, type, task, command, unit
        """

    init(_ row: Row) throws {
        self.init(
            error: row[0], group: row[1], occurredAt: row[2], reportedAt: row[3], service: row[4], message: row[5],
            category: try Self.word(row[6]), severity: try Self.word(row[7]), strategy: try Self.word(row[8]),
            why: row[9], uid: row[10], pid: row[11], details: RawJSON(unchecked: row[12]))
        code = row[13]
        type = row[14]
        task = row[15]
        command = row[16]
        unit = row[17]
    }

    private static func word<Word: WireEnum>(_ text: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an error is stored as \(text)")
        }
        return word
    }
}
