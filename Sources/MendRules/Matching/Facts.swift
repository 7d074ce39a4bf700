import MendProtocol

/// What rules can look for in one report: what it says, and what its texts tell of that.
struct Facts: Sendable {
    // Not the whole report: copying that costs more than all the rest.
    let message: String
    /// All of it, or the end of it that is looked at.
    var stderr: String?
    let service: String?
    let action: String?
    /// The caller's command name, as the kernel tells it.
    let command: String?
    let code: String?
    /// Only kept where it may tell of the memory.
    private let contextOfKill: JSONObject?
    private let isKnownOutOfMemory: Bool
    var type: String?
    var errno: Int32?
    var httpStatus: Int32?
    var sqlstate: String?
    var grpcStatus: Int32?
    var signal: Int32?
    var exitStatus: Int32?
    /// The exit status that curl says it had, which may be that of one command in a script.
    var curlStatus: Int32?

    /// - Parameter command: the caller's command name, as the kernel tells it.
    init(_ report: Errors.Report, command: String?) {
        message = report.message
        stderr = report.stderr
        service = report.service
        action = report.action
        self.command = command
        code = report.code
        signal = report.signal.flatMap { $0.number(LinuxSignal.number(of:)) }
        let isKilled = report.exitStatus == 137 || signal == 9
        contextOfKill = isKilled ? report.context : nil
        isKnownOutOfMemory = isKilled && report.isKnownOutOfMemory
        type = report.type
        exitStatus = report.exitStatus
        errno = report.errno.flatMap(Self.number(ofErrno:))
        httpStatus = report.httpStatus
        sqlstate = report.sqlstate.flatMap { $0.utf8.count == 5 ? $0.uppercased() : nil }
        grpcStatus = report.grpcStatus.flatMap { $0.number(GRPCStatus.number(of:)) }
        if let code = report.code { take(code: code) }
    }

    /// Whether the report says by itself what kind of failure it is, so that its texts need not be read for that.
    var isSpecific: Bool { errno != nil || httpStatus != nil || sqlstate != nil || grpcStatus != nil }

    /// Whether the kernel ended it for want of memory, by its own word or the caller's.
    var isOutOfMemory: Bool {
        isKnownOutOfMemory || contextOfKill.map(ContextFacts.tellsOutOfMemory) ?? false
    }

    /// `posix.ENOSPC`, `http.503`, `sql.40001` and `grpc.UNAVAILABLE` say what the member would; and `ENOSPC` alone is what
    /// Node's errors have as their code.
    private mutating func take(code: String) {
        let parts = code.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else {
            errno = errno ?? LinuxErrno.number(of: code)
            return
        }
        let value = String(parts[1])
        switch parts[0] {
        case "posix": errno = errno ?? LinuxErrno.number(of: value)
        case "http": httpStatus = httpStatus ?? Int32(value)
        case "sql" where value.utf8.count == 5: sqlstate = sqlstate ?? value.uppercased()
        case "grpc": grpcStatus = grpcStatus ?? GRPCStatus.number(of: value)
        default: break
        }
    }

    private static func number(ofErrno errno: NameOrNumber) -> Int32? {
        // System calls and some languages hand it on negated.
        errno.number(LinuxErrno.number(of:)).flatMap { $0 == .min ? nil : abs($0) }
    }

    func number(_ field: Field) -> Int32? {
        switch field {
        case .errno: errno
        case .signal: signal
        case .exitStatus: exitStatus
        case .httpStatus: httpStatus
        case .grpcStatus: grpcStatus
        case .code, .type, .service, .command, .sqlstate, .message, .stderr, .text, .outOfMemory: nil
        }
    }

    /// The programs that may have ended with the exit status: what the report names, what it did, who reports.
    var programs: [String] {
        let did = action?.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true).first
        return [service, command, did.map(String.init)].compactMap { $0.map(Self.program) }
    }

    /// The name without its folder.
    private static func program(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// A class with its module, and without: `requests.exceptions.ConnectionError`, `ConnectionError`.
    static func types(_ type: String) -> (whole: String, last: String?) {
        let separators: Set<UInt8> = [UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "/")]
        guard let end = type.utf8.lastIndex(where: separators.contains) else { return (type, nil) }
        return (type, String(type[type.utf8.index(after: end)...]))
    }
}

extension NameOrNumber {
    fileprivate func number(_ named: (String) -> Int32?) -> Int32? {
        switch self {
        case .number(let number): number
        case .name(let name): named(name)
        }
    }
}
