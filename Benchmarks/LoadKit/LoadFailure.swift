import Glibc

/// Why something could not be measured, in words for the person who runs the program.
package struct LoadFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// A failed system call: what was attempted, with the words for `errno`.
    package static func system(_ what: String, _ code: Int32 = errno) -> LoadFailure {
        LoadFailure("\(what): \(String(cString: strerror(code)))")
    }
}

/// The person, or the system, asked the program to end.
package struct Interrupted: Error {
    package init() {}
}
