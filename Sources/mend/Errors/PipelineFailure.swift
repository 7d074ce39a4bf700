import ArgumentParser
import Glibc
import MendProtocol
import MendWire

/// A pipeline one of whose stages has failed.
struct PipelineFailure {
    private let statuses: [Int32]
    private let command: String?
    /// What the stages are, where that can be told.
    private let stages: [String]?
    /// From 0.
    private let failed: Int

    /// As `"${PIPESTATUS[*]}"` has them.
    static func statuses(_ text: String) throws -> [Int32] {
        let words = text.split { $0 == " " || $0 == "|" || $0.isNewline }
        let statuses = words.compactMap { Int32($0) }.filter { (0...255).contains($0) }
        guard !words.isEmpty, statuses.count == words.count else {
            throw ValidationError(#"the stages' statuses are expected, as in --pipeline "${PIPESTATUS[*]}""#)
        }
        return statuses
    }

    /// Nothing where none has failed.
    init?(_ statuses: [Int32], command: String?) {
        // Who reads no more ends who writes: that is no failure, or it is one of who reads.
        let sigpipe = 128 + SIGPIPE
        guard
            let failed = statuses.indices.first(where: {
                statuses[$0] != 0 && (statuses[$0] != sigpipe || $0 == statuses.count - 1)
            })
        else { return nil }
        self.statuses = statuses
        self.failed = failed
        self.command = command
        let stages = command.map(Self.stages)
        self.stages = stages?.count == statuses.count ? stages : nil
    }

    func report(_ options: ReportOptions) throws -> Errors.Report {
        let status = statuses[failed]
        let name = stages.map { " (\($0[failed]))" } ?? ""
        let end = signal.map { "was ended by signal \($0)" } ?? "ended with status \(status)"
        let which = statuses.count > 1 ? "stage \(failed + 1) of \(statuses.count)\(name)" : command ?? "the command"
        var report = try options.report("\(which) \(end)")
        if report.exitStatus == nil, report.signal == nil {
            if let signal { report.signal = .number(signal) } else { report.exitStatus = status }
        }
        if report.action == nil { report.action = command }
        if report.service == nil, let program = stages?[failed].split(separator: " ").first {
            report.service = program.split(separator: "/").last.map(String.init)
        }
        if report.context == nil { report.context = context }
        return report
    }

    /// The one that ended the stage. A shell says 128 and its number; what only few programs are ever ended by is taken for
    /// a status of theirs.
    private var signal: Int32? {
        let number = statuses[failed] - 128
        return [SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGTERM].contains(number)
            ? number : nil
    }

    private var context: JSONObject? {
        var writer = JSONWriter()
        writer.writeRaw("{\"pipeline\":[")
        for (index, status) in statuses.enumerated() {
            writer.writeRaw(index == 0 ? "{" : ",{")
            if let stages {
                writer.writeRaw("\"command\":")
                writer.writeString(stages[index])
                writer.writeRaw(",")
            }
            writer.writeRaw("\"status\":")
            writer.writeInteger(status)
            writer.writeRaw("}")
        }
        writer.writeRaw("]}")
        return JSONObject(RawJSON(unchecked: writer.text))
    }

    /// What stands between the bars that stand outside of quotes and brackets.
    static func stages(_ command: String) -> [String] {
        var stages = [""]
        var quote: Character?
        var depth = 0
        var isEscaped = false
        for character in command {
            if !isEscaped, quote == nil, depth == 0, character == "|" {
                stages.append("")
                continue
            }
            stages[stages.count - 1].append(character)
            switch character {
            case _ where isEscaped: isEscaped = false
            case "\\" where quote != "'": isEscaped = true
            case "'", "\"", "`":
                if quote == nil { quote = character } else if quote == character { quote = nil }
            case "(", "{": if quote == nil { depth += 1 }
            case ")", "}": if quote == nil { depth -= 1 }
            default: break
            }
        }
        // `a |& b` is a bar, too.
        return stages.map { stage in
            let words = stage.hasPrefix("&") ? stage.dropFirst() : stage[...]
            return words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
}
