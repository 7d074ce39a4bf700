import MendProtocol

/// One line of classification: what it looks for, and what that means.
struct Rule: Hashable, Sendable {
    /// Shown as a verdict's `why`, so it is stable: `errno.ECONNREFUSED`, `http.503`, `exit.75`.
    let name: String
    let match: Fact
    let category: Category
    /// The category's own where nothing is said.
    let severity: Severity?
    let strategy: Strategy?

    init(
        _ name: String, _ match: Fact, _ category: Category, severity: Severity? = nil, strategy: Strategy? = nil
    ) {
        self.name = name
        self.match = match
        self.category = category
        self.severity = severity
        self.strategy = strategy
    }
}

/// Something that a report says, in the form in which rules look for it.
enum Fact: Hashable, Sendable {
    case code(String)
    case errno(Int32)
    case httpStatus(Int32)
    /// The hundreds of an HTTP status: 5 for any 5xx.
    case httpClass(Int32)
    case signal(Int32)
    case exitStatus(Int32)
    /// An exit status whose meaning is the program's own.
    case exitStatusOf(program: String, Int32)
    /// Five characters.
    case sqlstate(String)
    /// The first two characters of an SQLSTATE.
    case sqlClass(String)
}

/// The rules that Mend ships. Where several match, the first one in this order wins: what the caller names itself comes
/// before what a program says, and that before what the system says of the program.
enum ShippedRules {
    static let all = codes + sqlstates + errnos + httpStatuses + curl + signals + exitStatuses
}
