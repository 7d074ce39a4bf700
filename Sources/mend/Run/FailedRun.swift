import Glibc
import MendProtocol
import MendWire

/// An attempt that failed, as it is told to the daemon.
struct FailedRun {
    let status: Int32
    var durationMs: Int64 = 0
    var endingSignal: Int32?
    private(set) var interruption: Interruption?
    var output: Int32?
    private var signal: Int32?
    private var isTimedOut = false
    private var errors: OutputTail?
    private var startErrno: Int32?

    init(_ outcome: Attempt.Outcome) {
        status = outcome.status
        durationMs = outcome.durationMs
        endingSignal = outcome.endingSignal
        interruption = outcome.interruption
        output = outcome.output
        isTimedOut = outcome.isTimedOut
        errors = outcome.errors
        if case .signalled(let number) = outcome.end, !outcome.isTimedOut { signal = number }
    }

    init(_ failure: ChildProcess.StartFailure) {
        status = failure.status
        startErrno = failure.number
    }

    func report(of words: [String], service: String? = nil, in directory: String? = nil) -> Errors.Report {
        var report = Errors.Report(message: summary(of: words) + (errors?.lastLine.map { ": \($0)" } ?? ""))
        report.service = service ?? Self.name(words)
        report.code = code
        report.action = words.joined(separator: " ")
        report.durationMs = Milliseconds(durationMs)
        report.stderr = errors.flatMap { $0.text.isEmpty ? nil : $0.text }
        if let signal {
            report.signal = .number(signal)
        } else {
            report.exitStatus = status
        }
        report.httpStatus = errors.flatMap { HTTPStatusLine.find(in: $0.text) }
        report.context = context(directory ?? workingDirectory())
        return report
    }

    /// What happened, for people who have seen what the command printed.
    func summary(of words: [String]) -> String {
        let how =
            if let startErrno {
                "cannot be started: \(String(cString: strerror(startErrno)))"
            } else if isTimedOut {
                "took too long"
            } else if let signal {
                "was ended by signal \(signal)"
            } else {
                "ended with status \(status)"
            }
        return "\(Self.name(words)) \(how)"
    }

    private static func name(_ words: [String]) -> String {
        words[0].split(separator: "/").last.map(String.init) ?? words[0]
    }

    /// Where we know it better than anybody who reads the status.
    private var code: String? {
        if let startErrno { return startErrno == ENOENT ? "process.not_found" : "process.not_executable" }
        return isTimedOut ? "process.timeout" : nil
    }

    private func context(_ directory: String) -> JSONObject? {
        var writer = JSONWriter()
        writer.writeRaw("{\"directory\":")
        writer.writeString(directory)
        if let retryAfter = RetryAfterLine.find(in: errors?.text ?? "") {
            writer.writeRaw(",\"retry_after\":")
            writer.writeString(retryAfter)
        }
        writer.writeRaw("}")
        return JSONObject(RawJSON(unchecked: writer.text))
    }
}

/// `Retry-After:`, as programs print it with the rest of what a server said (`curl -v` has `< ` before it).
enum RetryAfterLine {
    private static let name = "retry-after:"

    /// Of the last such line, what follows the colon.
    static func find(in text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let header = line.drop { $0 == "<" || $0 == " " || $0 == "\t" }
            guard header.count > name.count, header.prefix(name.count).lowercased() == name else { continue }
            let value = header.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
            let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
            return String(value[..<end])
        }
        return nil
    }
}

func workingDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
}
