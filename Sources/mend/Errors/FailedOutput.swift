import MendProtocol

/// What a program that failed has printed, to be reported.
struct FailedOutput: Hashable {
    /// As long a message as the daemon keeps.
    static let messageLimit = 8 << 10

    let message: String
    /// All of it, where it is a stack.
    let stack: String?
    /// What came with the message, else.
    let rest: String?
    /// What is missing, for people.
    let cut: String?

    /// Standard input; nothing where it says nothing.
    static func read() throws -> FailedOutput? {
        var head: [UInt8] = []
        var tail = OutputTail(limit: ReportOptions.stderrLimit)
        var count = 0
        try Input.read("-") { chunk in
            head.append(contentsOf: chunk.prefix(max(0, ReportOptions.stderrLimit - head.count)))
            tail.append(chunk)
            count += chunk.count
        }
        return FailedOutput(head: String(decoding: head, as: UTF8.self), tail: tail, count: count)
    }

    /// - Parameters:
    ///   - head: its first bytes, as many as `tail` has at most.
    ///   - count: how many bytes it was in all.
    init?(head: String, tail: OutputTail, count: Int) {
        let end = tail.text
        func saysSomething(_ line: Substring) -> Bool { !line.allSatisfy(\.isWhitespace) }
        let lines = head.split(whereSeparator: \.isNewline).filter(saysSomething)
        guard let first = lines.first else { return nil }
        let isPython = first.hasPrefix("Traceback (most recent call last)")
        let line = isPython ? tail.lastLine ?? String(first) : String(first)
        message = Self.head(of: line)
        let isStack = isPython || lines.contains { $0.drop(while: \.isWhitespace).hasPrefix("at ") }
        stack = isStack ? end : nil
        rest = !isStack && (lines.count > 1 || count > head.utf8.count) ? end : nil
        var cuts: [String] = []
        if count > ReportOptions.stderrLimit {
            cuts.append("of \(count) bytes the first line and the last \(ReportOptions.stderrLimit) are reported")
        }
        if message.utf8.count < line.utf8.count {
            cuts.append("of the first line the first \(Self.messageLimit) bytes are the message")
        }
        cut = cuts.isEmpty ? nil : cuts.joined(separator: "; ")
    }

    private static func head(of line: String) -> String {
        guard line.utf8.count > messageLimit else { return line }
        var end = line.utf8.index(line.startIndex, offsetBy: messageLimit)
        while String.Index(end, within: line) == nil { end = line.utf8.index(before: end) }
        return String(line[..<end])
    }
}
