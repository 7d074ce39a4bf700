import Glibc
import MendProtocol

/// What rules can look for in one report.
struct Facts {
    private(set) var all: [Fact] = []

    init(_ report: Errors.Report, command: String?) {
        var errno = report.errno.flatMap(Self.number(ofErrno:))
        var httpStatus = report.httpStatus
        var sqlstate = report.sqlstate

        if let code = report.code {
            all.append(.code(code))
            // `posix.ENOSPC`, `http.503` and `sql.40001` say what the member would; and `ENOSPC` alone is what Node's
            // errors have as their code.
            let value = code.split(separator: ".", maxSplits: 1).last.map(String.init) ?? code
            errno = errno ?? (code == value || code.hasPrefix("posix.") ? LinuxErrno.number(of: value) : nil)
            httpStatus = httpStatus ?? (code.hasPrefix("http.") ? Int32(value) : nil)
            sqlstate = sqlstate ?? (code.hasPrefix("sql.") && value.utf8.count == 5 ? value : nil)
        }
        if let curl = Self.curlStatus(report, command: command) {
            all.append(.exitStatusOf(program: "curl", curl.status))
            httpStatus = httpStatus ?? curl.httpStatus
        }
        if let sqlstate, sqlstate.utf8.count == 5 {
            all += [.sqlstate(sqlstate.uppercased()), .sqlClass(sqlstate.prefix(2).uppercased())]
        }
        if let errno { all.append(.errno(errno)) }
        if let httpStatus { all += [.httpStatus(httpStatus), .httpClass(httpStatus / 100)] }
        if let signal = report.signal.flatMap(Self.number(ofSignal:)) { all.append(.signal(signal)) }
        if let status = report.exitStatus { all.append(.exitStatus(status)) }
    }

    private static func number(ofErrno errno: NameOrNumber) -> Int32? {
        switch errno {
        // System calls and some languages hand it on negated.
        case .number(let number): number == .min ? nil : abs(number)
        case .name(let name): LinuxErrno.number(of: name)
        }
    }

    private static func number(ofSignal signal: NameOrNumber) -> Int32? {
        switch signal {
        case .number(let number): number
        case .name(let name): LinuxSignal.number(of: name)
        }
    }
}

// MARK: - curl

extension Facts {
    /// curl's own exit status, where it is certain that it was curl: it says so on standard error
    /// (`curl: (7) Failed to connect …`), or the report names it as what ran.
    private static func curlStatus(
        _ report: Errors.Report, command: String?
    ) -> (status: Int32, httpStatus: Int32?)? {
        for text in [report.stderr, report.message] {
            guard let text, let status = number(in: text, after: "curl: (") else { continue }
            // curl 22: "The requested URL returned error: 503"
            return (status, status == 22 ? number(in: text, after: "returned error: ") : nil)
        }
        let action = report.action?.split(separator: " ", maxSplits: 1).first
        let ran = [report.service, command, action.map(String.init)]
        guard let status = report.exitStatus, ran.contains(where: { $0.map(isCurl) ?? false }) else { return nil }
        return (status, nil)
    }

    private static func isCurl(_ program: String) -> Bool { program == "curl" || program.hasSuffix("/curl") }

    /// The last number that follows `marker`: programs that retry print one line for each try.
    private static func number(in text: String, after marker: StaticString) -> Int32? {
        var text = text
        return text.withUTF8 { whole in
            let bytes = ByteText(rebasing: whole.suffix(ErrorLimits.stderr))
            guard let start = bytes.findLast(marker) else { return nil }
            let digits = bytes[(start + marker.utf8CodeUnitCount)...].prefix(while: \.isDigit).prefix(9)
            return Int32(String(decoding: digits, as: UTF8.self))
        }
    }
}
