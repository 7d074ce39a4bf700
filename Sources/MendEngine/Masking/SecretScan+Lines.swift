// Values that stand where their line or the lines around it tell it.
extension SecretScan {
    /// The value that stands below its name: a block of YAML, or one word on a line of its own.
    ///
    /// - Parameter start: what follows the separator and its blanks.
    func valueOnNextLines(from start: Int, after name: Int, isColon: Bool) -> Range<Int>? {
        guard start < text.count else { return nil }
        let isBlock = isColon && (text[start] == UInt8(ascii: ">") || text[start] == UInt8(ascii: "|"))
        let mark = isBlock ? text.end(of: { !$0.isSpace }, from: start) : start
        guard mark - start <= 3, let line = startOfLine(after: text.end(of: \.isBlank, from: mark)) else { return nil }
        guard isBlock else { return word(at: line, indent: isColon ? indent(at: name) : -1) }
        let indent = indent(at: name)
        let first = text.end(of: \.isBlank, from: line)
        var (place, last) = (line, first)
        while true {
            let begin = text.end(of: \.isBlank, from: place)
            let end = text.end(of: { $0 != 0x0A && $0 != 0x0D }, from: begin)
            if begin < end {
                guard begin - place > indent else { break }
                last = end
            }
            guard let next = startOfLine(after: end) else { break }
            place = next
        }
        return first < last ? first..<last : nil
    }

    /// A line that is one word, and deeper than `indent`.
    private func word(at line: Int, indent: Int) -> Range<Int>? {
        let start = text.end(of: \.isBlank, from: line)
        let end = text.end(of: { !$0.isSpace }, from: start)
        let rest = text.end(of: \.isBlank, from: end)
        guard start - line > indent, rest == text.count || text[rest].isSpace else { return nil }
        let word = text[start..<end]
        let isOther = word.contains { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        return !isOther && word.contains(where: \.isWord) ? start..<end : nil
    }

    private func startOfLine(after end: Int) -> Int? {
        guard end < text.count else { return nil }
        if text[end] == 0x0D, end + 1 < text.count, text[end + 1] == 0x0A { return end + 2 }
        return text[end] == 0x0A ? end + 1 : nil
    }

    /// Blanks at the beginning of the line.
    private func indent(at place: Int) -> Int {
        var start = place
        while start > 0, text[start - 1] != 0x0A { start -= 1 }
        return text.end(of: \.isBlank, from: start) - start
    }

    /// `host:port:database:user:password` as in PostgreSQL's password file, with the first colon at `at`.
    func passwordOfLine() -> Found? {
        let digits = text.end(of: \.isDigit, from: at + 1)
        let port = text.begins(with: "*", at: at + 1) ? at + 2 : digits
        guard port < text.count, text[port] == UInt8(ascii: ":"), digits == at + 1 || (4...5).contains(port - at - 1)
        else { return nil }
        var start = at
        while start > taken, !Self.endsField(text[start - 1]) { start -= 1 }
        let isWhole = start == 0 || (start > taken && text[start - 1] != UInt8(ascii: ":"))
        guard start < at, isWhole, !isSourceFile(text[start..<at]) else { return nil }
        var fields = [port + 1]
        for _ in 0..<2 {
            let end = text.end(of: { !Self.endsField($0) }, from: fields[fields.count - 1])
            guard end > fields[fields.count - 1], end < text.count, text[end] == UInt8(ascii: ":") else { return nil }
            fields.append(end + 1)
        }
        guard text[fields[0]..<fields[1] - 1].contains(where: { !$0.isDigit }) else { return nil }
        let end = text.end(of: { !$0.isSpace && !$0.isQuote }, from: fields[2])
        return fields[2] < end ? (fields[2]..<end, .named) : nil
    }

    private static func endsField(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/") || byte.isSpace || byte.isQuote
    }

    /// `main.py:1042:…` is a place in a program.
    private func isSourceFile(_ name: Slice<ByteText>) -> Bool {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return Self.sourceSuffixes.contains {
            $0.utf8CodeUnitCount == name.endIndex - dot - 1 && text.has($0, at: dot + 1)
        }
    }

    private static let sourceSuffixes: [StaticString] = [
        "c", "cc", "cpp", "cs", "go", "h", "hpp", "java", "js", "kt", "php", "pl", "py", "rb", "rs", "sh", "sql",
        "swift", "ts", "log",
    ]

    /// `<password>value</password>`, with the second `<` at `at`.
    func valueOfElement() -> Found? {
        guard at + 2 < text.count, text[at + 1] == UInt8(ascii: "/") else { return nil }
        let close = text.end(of: SecretName.canHold, from: at + 2)
        let name = text[at + 2..<close]
        guard close < text.count, text[close] == UInt8(ascii: ">"),
            SecretName.isSecret(name) || SecretName.isSecretIfMarked(name)
        else { return nil }
        let isMarked = at >= taken + 3 && text.begins(with: "]]>", at: at - 3)
        let end = isMarked ? at - 3 : at
        var start = end
        while start > taken,
            isMarked ? !text.begins(with: "[CDATA[", at: start - 7) : text[start - 1] != UInt8(ascii: ">")
        {
            start -= 1
        }
        guard start > taken, text[start..<end].contains(where: { !$0.isSpace }) else { return nil }
        return (start..<end, .named)
    }

    /// `user/password@database` of Oracle's programs.
    func passwordOfOracle() -> Found? {
        var start = at
        while start > taken, !text[start - 1].isSpace, !text[start - 1].isQuote { start -= 1 }
        guard let slash = text[start..<at].firstIndex(of: UInt8(ascii: "/")), slash > start, slash + 1 < at,
            text[slash + 1] != UInt8(ascii: "/"), isOracle(start)
        else { return nil }
        return (slash + 1..<at, .url)
    }

    private func isOracle(_ start: Int) -> Bool {
        text.begins(with: "jdbc:oracle:", at: start) || text.has("connect ", at: start - 8)
            || text.has("conn ", at: start - 5) || Self.oraclePrograms.contains { isOption(of: $0) }
    }

    private static let oraclePrograms: [StaticString] = [
        "sqlplus", "sqlldr", "sqlcl", "expdp", "impdp", "exp", "imp", "rman",
    ]
}
