/// A file as it was read: what it is called, and what it says.
package struct SourceText: Sendable {
    package let file: String
    package let text: String

    package init(file: String, text: String) {
        self.file = file
        self.text = text
    }
}

/// What is wrong in a file of rules or of the catalogue, and what would be right.
package struct RuleProblem: Hashable, Sendable, CustomStringConvertible {
    package let place: SourcePlace
    package let message: String

    package var description: String { "\(place): \(message)" }
}

/// Files that cannot be used: every mistake that was found in them.
package struct RuleProblems: Error, CustomStringConvertible {
    package let all: [RuleProblem]

    /// The first, and how many more there are.
    package var description: String {
        guard let first = all.first else { return "the rules cannot be used" }
        return all.count == 1 ? "\(first)" : "\(first) (and \(all.count - 1) more)"
    }
}
