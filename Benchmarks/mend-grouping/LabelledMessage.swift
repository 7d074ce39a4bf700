import Foundation

/// A message, and the template that a person found it to be printed from.
struct LabelledMessage {
    let template: String
    let message: String

    /// Reads comma-separated values, of which the first line has the names.
    static func read(_ path: String) throws -> [LabelledMessage] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return records(of: text).dropFirst().compactMap { record in
            record.count == 2 ? LabelledMessage(template: record[0], message: record[1]) : nil
        }
    }

    private static func records(of text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuote = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") {
                // A quote inside a quoted field is doubled.
                if wasQuote, !isQuoted { field.append(byte) }
                isQuoted.toggle()
                wasQuote = true
                continue
            }
            wasQuote = false
            if isQuoted || (byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\n")) {
                if byte != UInt8(ascii: "\r") || isQuoted { field.append(byte) }
                continue
            }
            record.append(String(decoding: field, as: UTF8.self))
            field.removeAll()
            guard byte == UInt8(ascii: "\n") else { continue }
            records.append(record)
            record.removeAll()
        }
        if !record.isEmpty || !field.isEmpty { records.append(record + [String(decoding: field, as: UTF8.self)]) }
        return records
    }
}
