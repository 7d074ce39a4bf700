/// What an input brought to light: a way in which we do not behave as the specification says.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Bytes as a person can read them.
func shown(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

func expect(_ holds: Bool, _ words: @autoclosure () -> String) throws(Finding) {
    guard holds else { throw Finding(words()) }
}

/// What a probe did with an input.
package struct Tally: Sendable, Equatable {
    /// Lines that are no directions to the probe itself.
    package var lines = 0
    /// Requests that were answered with a result.
    package var results = 0
    /// Requests, and lines that hold none, that were answered with an error.
    package var refusals = 0
    /// Answers that came after the line had been done.
    package var late = 0
    /// Calls without an id, which are never answered.
    package var notifications = 0
    /// Calls whose wait was given up: by their client, or by a restart.
    package var abandoned = 0

    package init() {}

    package static func += (left: inout Tally, right: Tally) {
        left.lines += right.lines
        left.results += right.results
        left.refusals += right.refusals
        left.late += right.late
        left.notifications += right.notifications
        left.abandoned += right.abandoned
    }
}
