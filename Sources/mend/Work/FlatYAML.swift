import MendWire

/// The part of YAML that a list of settings needs: `key: value`, with lists as values, and comments.
///
/// A reader of all of YAML would make this program larger and slower to start, for every script that calls it. What is
/// taken means in YAML the same; all else is refused with its line.
package struct FlatYAML {
    package struct Mistake: Error, Equatable {
        package let line: Int
        package let message: String
    }

    package enum Value: Equatable {
        case text(String)
        case list([String])
    }

    package struct Entry: Equatable {
        package let key: String
        package let line: Int
        package var value: Value
    }

    package private(set) var entries: [Entry] = []

    package init(_ text: String) throws(Mistake) {
        /// Whether the last key may be followed by lines of a list.
        var isOpen = false
        for (place, whole) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = place + 1
            let raw = whole.last == "\r" ? whole.dropLast() : whole
            let content = raw.drop { $0 == " " }
            guard let first = content.first, first != "#", content != "---" || content.count < raw.count else {
                continue
            }
            guard !raw.contains("\t") || first == "\"" else {
                throw Mistake(line: line, message: "a tab cannot stand here: spaces are for YAML")
            }
            if content == "-" || content.hasPrefix("- ") {
                guard isOpen, case .list(let items)? = entries.last?.value else {
                    throw Mistake(
                        line: line, message: "a list stands below its key, whose own line ends with the colon")
                }
                entries[entries.count - 1].value = .list(items + [try Self.scalar(content.dropFirst(), line)])
                continue
            }
            guard content.count == raw.count else {
                throw Mistake(line: line, message: "it is indented, but only the items of lists are, each after a dash")
            }
            try closeList(isOpen)
            guard let colon = content.firstIndex(of: ":") else {
                throw Mistake(line: line, message: "a line is written as key: value")
            }
            let key = String(content[..<colon])
            let rest = content[content.index(after: colon)...]
            guard rest.isEmpty || rest.first == " " else {
                throw Mistake(line: line, message: "a space is missing after the colon")
            }
            if let other = entries.first(where: { $0.key == key }) {
                throw Mistake(line: line, message: "\(key) is given already in line \(other.line)")
            }
            let value = rest.drop { $0 == " " }
            isOpen = value.isEmpty || value.first == "#"
            entries.append(Entry(key: key, line: line, value: isOpen ? .list([]) : try Self.value(value, line)))
        }
        try closeList(isOpen)
    }

    private func closeList(_ isOpen: Bool) throws(Mistake) {
        guard isOpen, let last = entries.last, last.value == .list([]) else { return }
        throw Mistake(line: last.line, message: "\(last.key) has no value")
    }

    private static func value(_ text: Substring, _ line: Int) throws(Mistake) -> Value {
        guard text.first == "[" else { return .text(try scalar(text, line)) }
        var items: [String] = []
        var rest = text.dropFirst().drop { $0 == " " }
        while rest.first != "]" {
            let end = try itemEnd(rest, line)
            items.append(try scalar(rest[..<end], line))
            rest = rest[end...].drop { $0 == " " }
            if rest.first == "," { rest = rest.dropFirst().drop { $0 == " " } }
        }
        try expectEnd(rest.dropFirst(), line)
        return .list(items)
    }

    /// Where an item of `[a, b]` ends.
    private static func itemEnd(_ text: Substring, _ line: Int) throws(Mistake) -> Substring.Index {
        let start =
            if let quote = text.first, quote == "\"" || quote == "'" { try quotedEnd(text, line) } else {
                text.startIndex
            }
        guard let end = text[start...].firstIndex(where: { $0 == "," || $0 == "]" }) else {
            throw Mistake(line: line, message: "the list is not closed: ] is missing")
        }
        return end
    }

    /// Behind the quote that ends it.
    private static func quotedEnd(_ text: Substring, _ line: Int) throws(Mistake) -> Substring.Index {
        let quote = text[text.startIndex]
        var place = text.index(after: text.startIndex)
        while place < text.endIndex {
            let next = text.index(after: place)
            if text[place] == "\\", quote == "\"", next < text.endIndex {
                place = text.index(after: next)
            } else if text[place] == quote {
                guard quote == "'", next < text.endIndex, text[next] == "'" else { return next }
                place = text.index(after: next)
            } else {
                place = next
            }
        }
        throw Mistake(line: line, message: "the quote is not closed")
    }

    private static func scalar(_ text: Substring, _ line: Int) throws(Mistake) -> String {
        let text = text.drop { $0 == " " }
        guard let first = text.first else { throw Mistake(line: line, message: "a value is missing") }
        if first == "\"" || first == "'" {
            let end = try quotedEnd(text, line)
            try expectEnd(text[end...], line)
            let inside = text[..<end].dropFirst().dropLast()
            guard first == "\"" else {
                return inside.split(separator: "''", omittingEmptySubsequences: false).joined(separator: "'")
            }
            // JSON's escapes are among YAML's.
            guard let known = try? JSONDocument(parsing: String(text[..<end])).root.stringValue else {
                throw Mistake(line: line, message: "in double quotes a backslash begins an escape, as in JSON")
            }
            return known
        }
        guard !"|>&*!%@`{}[],?#".contains(first) else {
            throw Mistake(line: line, message: "a value that begins with \(first) stands in quotes")
        }
        var plain = text
        if let comment = text.firstRange(of: " #") { plain = text[..<comment.lowerBound] }
        while plain.last == " " { plain = plain.dropLast() }
        guard plain.firstRange(of: ": ") == nil, plain.last != ":" else {
            throw Mistake(line: line, message: "a value with a colon before a space stands in quotes")
        }
        return String(plain)
    }

    private static func expectEnd(_ text: Substring, _ line: Int) throws(Mistake) {
        let rest = text.drop { $0 == " " }
        guard rest.isEmpty || (rest.first == "#" && rest.count < text.count) else {
            throw Mistake(line: line, message: "nothing can stand after the end of the value: '\(rest)'")
        }
    }
}
