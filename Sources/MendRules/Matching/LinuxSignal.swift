import Glibc

/// Signals that end a program (signal(7)), by their names.
enum LinuxSignal {
    /// With or without `SIG`, in any case; nothing for a name that is not known.
    static func number(of name: String) -> Int32? {
        let name = name.uppercased()
        return numbers[name.hasPrefix("SIG") ? name : "SIG" + name]
    }

    static func name(of number: Int32) -> String? { names[number] }

    private static let numbers = Dictionary(known + [("SIGIOT", SIGABRT)], uniquingKeysWith: { first, _ in first })
    private static let names = Dictionary(known.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })

    static let known: [(String, Int32)] = [
        ("SIGHUP", SIGHUP), ("SIGINT", SIGINT), ("SIGQUIT", SIGQUIT), ("SIGILL", SIGILL), ("SIGTRAP", SIGTRAP),
        ("SIGABRT", SIGABRT), ("SIGBUS", SIGBUS), ("SIGFPE", SIGFPE), ("SIGKILL", SIGKILL), ("SIGUSR1", SIGUSR1),
        ("SIGSEGV", SIGSEGV), ("SIGUSR2", SIGUSR2), ("SIGPIPE", SIGPIPE), ("SIGALRM", SIGALRM), ("SIGTERM", SIGTERM),
        ("SIGXCPU", SIGXCPU), ("SIGXFSZ", SIGXFSZ), ("SIGVTALRM", SIGVTALRM), ("SIGPROF", SIGPROF),
        ("SIGIO", SIGIO), ("SIGPWR", SIGPWR), ("SIGSYS", SIGSYS),
    ]
}
