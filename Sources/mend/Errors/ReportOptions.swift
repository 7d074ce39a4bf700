import ArgumentParser
import CProcess
import MendProtocol

/// What can be told about a failure, apart from its message.
struct ReportOptions: ParsableArguments {
    /// The end of standard error is what matters, and a line of the wire is bounded.
    static let stderrLimit = 64 << 10

    @Option(help: "The program or part that failed; else the systemd unit or command of the caller.")
    var service: String?
    @Option(help: "A machine-readable code, such as container.timeout.")
    var code: String?
    @Option(help: "The exception's class.")
    var type: String?
    @Option(help: "What it was doing.")
    var action: String?
    @Option(help: "How bad it is; else the daemon's rules decide.")
    var severity: Severity?
    @Option(help: "What kind of failure it is; else the daemon's rules decide.")
    var category: Category?
    @Option(help: ArgumentHelp("A file with the stack trace, - for standard input.", valueName: "file"))
    var stackFile: String?
    @Option(help: ArgumentHelp("Anything else that helps, an object; - for standard input.", valueName: "json"))
    var context: String?
    @Option(name: .customLong("tag"), help: "A tag; may be given more than once.")
    var tags: [String] = []
    @Option(help: "The task, flow or run that it belongs to.")
    var task: String?
    @Option(help: "How often it has been tried, this time included.", transform: Attempts.argument)
    var attempt: Attempts?
    @Option(
        help: "The retry policy to ask about: a name or a JSON object.", completion: LiveNames.policies,
        transform: PolicyChoice.argument)
    var policy: PolicyChoice?
    @Option(help: ArgumentHelp("How the program ended.", valueName: "n"))
    var exitStatus: Int32?
    @Option(help: "By name (SIGKILL) or number.", transform: NameOrNumber.argument)
    var signal: NameOrNumber?
    @Option(help: "By name (ECONNREFUSED) or number.", transform: NameOrNumber.argument)
    var errno: NameOrNumber?
    @Option(help: ArgumentHelp("What the server answered.", valueName: "n"))
    var httpStatus: Int32?
    @Option(help: "What the database answered.")
    var sqlstate: String?
    @Option(help: "What the gRPC server answered, by name (UNAVAILABLE) or number.", transform: NameOrNumber.argument)
    var grpcStatus: NameOrNumber?
    @Option(help: "What the program wrote to standard error.")
    var stderr: String?
    @Option(
        help: ArgumentHelp("A file with it, of which the end is sent; - for standard input.", valueName: "file"))
    var stderrFile: String?
    @Option(help: "How long it took.", transform: Milliseconds.duration)
    var duration: Milliseconds?
    @Option(help: "What belongs into one group has one fingerprint.")
    var fingerprint: String?
    @Option(help: "When it happened: a point in time, or how long ago.", transform: Timestamp.past)
    var occurredAt: Timestamp?
    @Option(help: "The language for the message to users, such as de-AT.")
    var locale: String?

    mutating func validate() throws {
        guard stderr == nil || stderrFile == nil else {
            throw ValidationError("--stderr and --stderr-file exclude each other")
        }
        guard [stackFile, context, stderrFile].filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("standard input can be read once only")
        }
    }

    /// Whether anything but the duration is told.
    var saysMore: Bool {
        let texts = [
            service, code, type, action, stackFile, context, task, sqlstate, stderr, stderrFile, fingerprint, locale,
        ]
        let others: [Any?] = [
            severity, category, attempt, policy, exitStatus, signal, errno, httpStatus, grpcStatus, occurredAt,
        ]
        return !tags.isEmpty || texts.contains { $0 != nil } || others.contains { $0 != nil }
    }

    /// Whether it is told how something failed, so that no text is needed.
    var tellsFailure: Bool {
        exitStatus != nil || signal != nil || errno != nil || httpStatus != nil || sqlstate != nil || grpcStatus != nil
            || code != nil || type != nil || category != nil
    }

    /// Names that decide nothing, since there are none such, each with what was probably meant.
    private var unknownNames: [String] {
        [
            Self.unknown(errno, "errno", KnownNames.errnos),
            Self.unknown(signal, "signal", KnownNames.signals, prefix: "SIG"),
            Self.unknown(grpcStatus, "gRPC status", GRPCStatus.known) { GRPCStatus.number(of: $0) != nil },
        ].compactMap(\.self)
    }

    private static func unknown(
        _ given: NameOrNumber?, _ what: String, _ known: [String], prefix: String = "",
        isKnown: ((String) -> Bool)? = nil
    ) -> String? {
        guard case .name(let text)? = given else { return nil }
        let name = text.uppercased()
        guard !(isKnown?(name) ?? (known.contains(name) || known.contains(prefix + name))) else { return nil }
        let near = CommandSuggestion.nearest(to: name, in: known)
        return "\(text) is no \(what) that is known" + (near.map { "; did you mean \($0)?" } ?? "")
    }

    var readsStandardInput: Bool { [stackFile, context, stderrFile].contains("-") }

    func report(_ message: String) throws -> Errors.Report {
        for name in unknownNames { Notice.tell(name) }
        var report = Errors.Report(message: message)
        report.service = service
        report.code = code
        report.type = type
        report.action = action
        report.severity = severity
        report.category = category
        report.stack = try stackFile.map { .text(try Input.all($0)) }
        report.context = try context.map { try Input.object($0, for: "--context") }
        report.tags = tags.isEmpty ? nil : tags
        report.task = task
        report.attempt = attempt
        report.policy = policy
        report.exitStatus = exitStatus
        report.signal = signal
        report.errno = errno
        report.httpStatus = httpStatus
        report.sqlstate = sqlstate
        report.grpcStatus = grpcStatus
        report.stderr = try stderr ?? stderrFile.map { try Input.tail($0, limit: Self.stderrLimit) }
        report.durationMs = duration
        report.fingerprint = fingerprint
        report.occurredAt = occurredAt
        report.locale = locale
        return report
    }
}

/// As the C library has them.
private enum KnownNames {
    static let errnos =
        (1...133).compactMap { strerrorname_np($0).map { String(cString: $0) } } + [
            "EWOULDBLOCK", "EDEADLOCK", "ENOTSUP",
        ]
    static let signals = (1...31).compactMap { sigabbrev_np($0).map { "SIG" + String(cString: $0) } } + ["SIGIOT"]
}
