import Glibc
import MendProtocol

extension ShippedRules {
    static let signals: [Rule] = LinuxSignal.known.flatMap { entry in
        [
            entry.rule("signal.\(entry.name)", .signal(entry.number)),
            // A shell's way to say that a signal ended the program.
            entry.rule("exit.\(128 + entry.number)", .exitStatus(128 + entry.number)),
        ]
    }

    /// sysexits.h, timeout(1) and what shells answer for a command that they cannot run.
    static let exitStatuses: [Rule] = [
        exit(EX_USAGE, .validation),
        exit(EX_DATAERR, .data),
        exit(EX_NOINPUT, .data),
        exit(EX_NOUSER, .validation),
        exit(EX_NOHOST, .permanent),
        exit(EX_UNAVAILABLE, .dependency),
        exit(EX_SOFTWARE, .system, strategy: .deadLetter),
        exit(EX_OSERR, .resource),
        exit(EX_OSFILE, .configuration),
        exit(EX_CANTCREAT, .configuration),
        exit(EX_IOERR, .system),
        exit(EX_TEMPFAIL, .transient),
        exit(EX_PROTOCOL, .dependency),
        exit(EX_NOPERM, .configuration),
        exit(EX_CONFIG, .configuration),
        exit(124, .transient),
        // What was to run the command failed itself: timeout, a container engine, mend.
        exit(125, .system),
        exit(126, .configuration),
        exit(127, .configuration),
    ]

    private static func exit(_ status: Int32, _ category: Category, strategy: Strategy? = nil) -> Rule {
        Rule("exit.\(status)", .exitStatus(status), category, strategy: strategy)
    }
}

/// Signals that end a program (signal(7)).
struct LinuxSignal: Sendable {
    let name: String
    let number: Int32
    let category: Category
    var severity: Severity?
    var strategy: Strategy?

    /// With or without `SIG`, in any case; nothing for a name that is not known.
    static func number(of name: String) -> Int32? {
        let name = name.uppercased()
        return numbers[name.hasPrefix("SIG") ? name : "SIG" + name]
    }

    private static let numbers = Dictionary(
        known.map { ($0.name, $0.number) } + [("SIGIOT", SIGABRT)], uniquingKeysWith: { first, _ in first })

    static let known: [LinuxSignal] = [
        // Somebody ended it: it says nothing about the work.
        LinuxSignal(name: "SIGHUP", number: SIGHUP, category: .transient, severity: .low),
        LinuxSignal(name: "SIGINT", number: SIGINT, category: .transient, severity: .low),
        LinuxSignal(name: "SIGQUIT", number: SIGQUIT, category: .transient, severity: .low),
        LinuxSignal(name: "SIGTERM", number: SIGTERM, category: .transient, severity: .low),
        LinuxSignal(name: "SIGALRM", number: SIGALRM, category: .transient),
        LinuxSignal(name: "SIGPIPE", number: SIGPIPE, category: .transient),
        // Mostly the kernel, out of memory, or a limit.
        LinuxSignal(name: "SIGKILL", number: SIGKILL, category: .resource),
        LinuxSignal(name: "SIGXCPU", number: SIGXCPU, category: .resource),
        LinuxSignal(name: "SIGXFSZ", number: SIGXFSZ, category: .resource),
        // A defect of the program.
        LinuxSignal(name: "SIGILL", number: SIGILL, category: .system, strategy: .deadLetter),
        LinuxSignal(name: "SIGTRAP", number: SIGTRAP, category: .system, strategy: .deadLetter),
        LinuxSignal(name: "SIGABRT", number: SIGABRT, category: .system, strategy: .deadLetter),
        LinuxSignal(name: "SIGBUS", number: SIGBUS, category: .system, strategy: .deadLetter),
        LinuxSignal(name: "SIGFPE", number: SIGFPE, category: .system, strategy: .deadLetter),
        LinuxSignal(name: "SIGSEGV", number: SIGSEGV, category: .system, strategy: .deadLetter),
        // A system call that it is not allowed.
        LinuxSignal(name: "SIGSYS", number: SIGSYS, category: .configuration),
    ]

    fileprivate func rule(_ name: String, _ match: Fact) -> Rule {
        Rule(name, match, category, severity: severity, strategy: strategy)
    }
}
