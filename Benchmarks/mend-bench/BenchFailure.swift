import Glibc

/// Why something could not be measured, in words for the person who runs the benchmark.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failed system call: what was attempted, with the words for `errno`.
    static func system(_ what: String, _ code: Int32 = errno) -> BenchFailure {
        BenchFailure("\(what): \(String(cString: strerror(code)))")
    }
}

/// The person, or the system, asked the benchmark to end.
struct Interrupted: Error {}
