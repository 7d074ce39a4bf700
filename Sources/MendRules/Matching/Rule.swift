import MendProtocol

/// One line of classification: what it looks for, and what that means.
struct Rule: Sendable {
    /// Shown as a verdict's `why`, so it is stable: `errno.ECONNREFUSED`, `http.503`, `exit.75`.
    let name: String
    /// All of them must hold.
    let conditions: [Condition]
    var meaning: Meaning
    /// Where it stands.
    let place: SourcePlace

    /// What a rule says. What it leaves open is decided by the catalogue's entry of its code, then by the category.
    struct Meaning: Hashable, Sendable {
        var category: Category?
        var severity: Severity?
        var strategy: Strategy?
        /// The catalogue's entry that applies.
        var code: String?
        /// The key of the text for users.
        var userMessage: String?
        /// The retry policy where neither the report nor its operation has one.
        var policy: String?
        /// What it says is true of many programs' ends: one line more of standard error may tell why.
        var isVague = false
        /// The least time before the next try, in milliseconds.
        var afterMs: Int64 = 0
    }
}

/// A place in a file of rules or of the catalogue.
package struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Both begin with 1.
    package let line: Int
    package let column: Int

    package var description: String { "\(file):\(line):\(column)" }
}
