import MendProtocol

/// What a report was taken for.
package struct Classification: Hashable, Sendable {
    package var category: Category
    package var severity: Severity
    package var strategy: Strategy
    /// The name of the rule that decided, or one of the two texts below.
    package var why: String
    /// The catalogue's entry that applies.
    package var code: String?
    /// The retry policy where neither the report nor its operation has one.
    package var policy: String?
    /// The least time before the next try, in milliseconds.
    package var afterMs: Int64 = 0
    /// Whether a server that was called may have said in the report's context how long it wants to be left alone.
    package var mayBeThrottled = false
    /// The key of the text for users.
    var userMessage: String

    package static let callersCategory = "the caller's category"
    package static let noRule = "no rule"
}

/// Everything that led to a classification, for `error.classify`.
package struct Explanation: Sendable {
    package let classification: Classification
    /// What was found in the report, as `name=value`.
    package let facts: [String]
    /// The names of all rules that hold, the one that decided first.
    package let rules: [String]
}
