/// A script whose lines are steps: `COMMAND ::: UNDO`.
struct StepFile {
    struct Step: Hashable {
        let line: Int
        let command: String
        /// Nothing where it needs none.
        let undo: String?
    }

    let steps: [Step]

    /// Empty lines and those that begin with # say nothing; a line that ends with \ goes on in the next one.
    init(_ text: String) throws {
        var steps: [Step] = []
        var begun: (line: Int, text: String)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let text = (begun?.text ?? "") + line
            if text.hasSuffix("\\") {
                begun = (begun?.line ?? index + 1, text.dropLast() + "\n")
                continue
            }
            let number = begun?.line ?? index + 1
            begun = nil
            let trimmed = Self.trim(text[...])
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
            steps.append(try Self.step(trimmed, number))
        }
        guard begun == nil else { throw UsageError("the last line ends with \\, and nothing follows it") }
        self.steps = steps
    }

    private static func step(_ text: Substring, _ line: Int) throws -> Step {
        let parts = parts(text)
        guard parts.count <= 2, let command = parts.first, !command.isEmpty, parts.allSatisfy({ !$0.isEmpty }) else {
            throw UsageError(
                "line \(line) is no step: \(String(text).singleLine)",
                hint: "a step is written COMMAND ::: UNDO, or COMMAND")
        }
        return Step(line: line, command: String(command), undo: parts.count == 2 ? String(parts[1]) : nil)
    }

    /// What stands between words `:::`.
    private static func parts(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var place = text.startIndex
        while place < text.endIndex {
            let isAlone = place == text.startIndex || text[text.index(before: place)].isWhitespace
            let rest = text[place...]
            if isAlone, rest.hasPrefix(":::"), rest.dropFirst(3).first?.isWhitespace ?? true {
                parts.append(trim(text[start..<place]))
                place = text.index(place, offsetBy: 3)
                start = place
            } else {
                place = text.index(after: place)
            }
        }
        return parts + [trim(text[start...])]
    }

    private static func trim(_ text: Substring) -> Substring {
        let rest = text.drop(while: \.isWhitespace)
        return rest.lastIndex { !$0.isWhitespace }.map { rest[...$0] } ?? ""
    }
}
