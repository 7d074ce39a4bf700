// Secrets after words of a language: SQL, netrc(5), a shell's pipes.
extension SecretScan {
    /// `PASSWORD 'value'` and `PASSWORD('value')` of SQL, and `password value` after `machine` and `login`.
    func valueOfStatement() -> Found? {
        // Between quotes it is a member's name.
        guard text.has("password", at: at), at == 0 || !text[at - 1].isQuote else { return nil }
        let after = at + 8
        let hasParenthesis = after < text.count && text[after] == UInt8(ascii: "(")
        let start = text.endOfBlanks(from: hasParenthesis ? after + 1 : after)
        guard start > after, start < text.count, hasParenthesis || text[after].isBlank else { return nil }
        let quote = text[start] == Self.backslash ? start + 1 : start
        guard quote < text.count, text[quote].isQuote || (!hasParenthesis && isInNetrc()) else { return nil }
        return value(from: start).map { ($0, .named) }
    }

    /// Whether `login` stands before, and before that a machine.
    private func isInNetrc() -> Bool {
        let before = ByteText(rebasing: text[max(0, at - Self.entryMaxBytes)..<at])
        guard let login = before.findLast("login ") else { return false }
        let head = ByteText(rebasing: before[..<login])
        return head.find("machine ") != nil || head.find("default") != nil
    }

    /// Bytes of an entry of netrc before its password.
    private static let entryMaxBytes = 256

    /// `IDENTIFIED BY 'value'`, `IDENTIFIED WITH plugin BY 'value'`, Oracle's `IDENTIFIED BY value`.
    func valueIdentifiedBy() -> Found? {
        guard text.has("by ", at: at) else { return nil }
        let blanks = text.startOfBlanks(before: at, downTo: 0)
        let before = blanks > 0 && text[blanks - 1].isQuote ? blanks - 1 : blanks
        var start = before
        while start > 0, SecretName.canHold(text[start - 1]) { start -= 1 }
        let isPlain = text.has("identified", at: start)
        if start > 0, text[start - 1].isQuote { start -= 1 }
        guard isPlain || text.has("identified with ", at: text.startOfBlanks(before: start, downTo: 0) - 15) else {
            return nil
        }
        let value = text.endOfBlanks(from: at + 3)
        guard value < text.count, text[value].isQuote || (isPlain && isAfterUser(start)) else { return nil }
        guard let found = self.value(from: value) else { return nil }
        let end = text[found].last == UInt8(ascii: ";") && found.count > 1 ? found.upperBound - 1 : found.upperBound
        return (found.lowerBound..<end, .named)
    }

    /// Whether `USER name` stands before.
    private func isAfterUser(_ place: Int) -> Bool {
        let name = text.startOfBlanks(before: place, downTo: 0)
        var start = name
        while start > 0, !text[start - 1].isSpace { start -= 1 }
        return start < name && text.has("user ", at: start - 5)
    }

    /// What is written into a program that reads its password from standard input: `echo value | sudo -S`.
    func valueEchoed() -> Found? {
        var bar = at - 1
        while bar >= taken, text[bar] != UInt8(ascii: "|") {
            if text[bar] == 0x0A { return nil }
            bar -= 1
        }
        var start = bar
        while start >= taken, start >= 0, text[start] != 0x0A {
            for writer in Self.writers where text.begins(with: writer, at: start) {
                return lastArgument(text[start + writer.utf8CodeUnitCount..<bar])
            }
            start -= 1
        }
        return nil
    }

    private static let writers: [StaticString] = ["echo ", "printf "]

    /// Without quotes around it.
    private func lastArgument(_ arguments: Slice<ByteText>) -> Found? {
        var arguments = arguments
        while let last = arguments.last, last.isBlank { arguments = arguments.dropLast() }
        guard let last = arguments.last else { return nil }
        if last.isQuote {
            let end = arguments.endIndex - 1
            guard let open = text[arguments.startIndex..<end].lastIndex(of: last), open + 1 < end else { return nil }
            return (open + 1..<end, .argument)
        }
        let start = arguments.lastIndex(where: \.isBlank).map { $0 + 1 } ?? arguments.startIndex
        return (start..<arguments.endIndex, .argument)
    }
}
