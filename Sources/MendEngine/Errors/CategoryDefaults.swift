import MendProtocol

/// What holds for a category where no rule says otherwise.
struct CategoryDefaults: Hashable, Sendable {
    let severity: Severity
    let strategy: Strategy
    /// For whoever uses the program.
    let userMessage: String
    /// For whoever looks into it.
    let guidance: [String]

    static func of(_ category: Category) -> CategoryDefaults { table[category] ?? make(category) }

    private static let table = Dictionary(uniqueKeysWithValues: Category.allCases.map { ($0, make($0)) })

    private static func make(_ category: Category) -> CategoryDefaults {
        switch category {
        case .transient:
            CategoryDefaults(
                severity: .medium, strategy: .retry,
                userMessage: "This does not work at the moment. Please try again in a little while.",
                guidance: [
                    "Try again later, or leave it to the queue.",
                    "If it goes on, look at what was called: is it up, and reachable?",
                ]
            )
        case .resource:
            CategoryDefaults(
                severity: .high, strategy: .wait,
                userMessage: "The system is short of resources at the moment. Please try again later.",
                guidance: [
                    "Find what is used up: space (df -h), inodes (df -i), memory (free -m), open files, a quota.",
                    "Free some of it or raise the limit.",
                ])
        case .validation:
            CategoryDefaults(
                severity: .low, strategy: .failFast,
                userMessage: "The input is not valid. Please check it.",
                guidance: ["Correct the input that the message names.", "Trying again without a change fails again."])
        case .permanent:
            CategoryDefaults(
                severity: .medium, strategy: .failFast,
                userMessage: "This cannot be done as it was asked for.",
                guidance: [
                    "Read the message and the end of stderr.",
                    "Change the request or the program: trying again fails again.",
                ]
            )
        case .data:
            CategoryDefaults(
                severity: .high, strategy: .deadLetter,
                userMessage: "Some data could not be processed. A person has to look at it.",
                guidance: [
                    "Look at the data that the message names.", "Repair it at its source, then replay the dead letter.",
                ])
        case .businessLogic:
            CategoryDefaults(
                severity: .low, strategy: .failFast,
                userMessage: "This is not possible in the present state.",
                guidance: ["Look at the state of what it is about.", "Decide again once that has changed."])
        case .system:
            CategoryDefaults(
                severity: .high, strategy: .retry,
                userMessage: "The system has a problem. Please tell its administrator.",
                guidance: [
                    "Look at the kernel's and the unit's log: journalctl -k, journalctl -u UNIT.",
                    "Check the disk and the memory of the host.",
                ])
        case .inventory:
            CategoryDefaults(
                severity: .high, strategy: .reconcile,
                userMessage: "The records do not agree. They have to be compared and corrected.",
                guidance: ["Compare the two sides.", "Correct the one that is wrong, then replay."])
        case .notification:
            CategoryDefaults(
                severity: .low, strategy: .retry,
                userMessage: "A notification could not be sent.",
                guidance: ["Check the address and the service that delivers."])
        case .configuration:
            CategoryDefaults(
                severity: .high, strategy: .deadLetter,
                userMessage: "Something is not set up correctly. An administrator must look at it.",
                guidance: [
                    "Check the setting, path, permission or credential that the message names.",
                    "Then replay the dead letter, or start it again.",
                ])
        case .dependency:
            CategoryDefaults(
                severity: .high, strategy: .retry,
                userMessage: "A service that is needed does not work at the moment. Please try again later.",
                guidance: [
                    "Look at the health and the log of the service that was called.",
                    "See its breaker: mend breaker list.",
                ])
        case .unknown:
            // Retried a bounded number of times: most failures that nobody has a rule for pass.
            CategoryDefaults(
                severity: .medium, strategy: .retry,
                userMessage: "Something went wrong. Please try again; if that does not help, tell the administrator.",
                guidance: [
                    "Read the message and the end of stderr.",
                    "Report it with a category, code, errno or exit status to have it decided better.",
                ])
        }
    }
}
