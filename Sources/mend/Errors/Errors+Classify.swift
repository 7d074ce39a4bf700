import ArgumentParser
import MendProtocol
import MendWire

extension ErrorNoun {
    struct Classify: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "classify", abstract: Errors.Classify.summary,
            discussion: """
                With --stdin it reads what a program wrote to standard error, or a report as a JSON object:

                    psql -c 'SELECT 1' 2>&1 >/dev/null | mend error classify --stdin
                """)

        @Argument(help: "What happened, for people.")
        var message: String?

        @Flag(help: "Read it from standard input: a program's standard error, or a report as a JSON object.")
        var stdin = false

        @OptionGroup(title: "About the failure") var options: ReportOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() throws -> Errors.Classify {
            guard stdin else {
                guard let message else { throw UsageError("a message is needed, or --stdin") }
                return Errors.Classify(error: try options.report(message))
            }
            guard options.stderr == nil, options.stderrFile == nil else {
                throw UsageError(
                    "--stdin is standard error already, so --stderr and --stderr-file cannot be there, too")
            }
            let text = try Input.tail("-", limit: ReportOptions.stderrLimit)
            guard text.contains(where: { !$0.isWhitespace }) else {
                // Many programs fail without a word.
                guard !options.tellsFailure else {
                    return Errors.Classify(error: try options.report(message ?? "it wrote nothing to standard error"))
                }
                throw UsageError(
                    "standard input is empty",
                    hint:
                        "a pipe takes standard error with it so: COMMAND 2>&1 | mend …; of a silent program tell --exit-status"
                )
            }
            if let report = try Self.report(text) {
                guard message == nil, !options.saysMore else {
                    throw UsageError("a report on standard input says everything; leave the other options out")
                }
                return Errors.Classify(error: report)
            }
            var report = try options.report(message ?? Self.lastLine(of: text))
            report.stderr = text
            return Errors.Classify(error: report)
        }

        /// A report; nothing where the text is no JSON object.
        private static func report(_ text: String) throws -> Errors.Report? {
            guard let document = try? JSONDocument(parsing: text), document.root.kind == .object else { return nil }
            do {
                let report = try WireDecoder.decode(Errors.Report.self, from: document.root)
                if !report.ignored.isEmpty {
                    Notice.tell("not known, and not looked at: \(report.ignored.joined(separator: ", "))")
                }
                return report
            } catch {
                throw UsageError("the report on standard input cannot be used: \(error.message)")
            }
        }

        private static func lastLine(of text: String) -> String {
            let lines = text.split { $0.isNewline }.map { $0.drop { $0.isWhitespace } }
            return lines.last { !$0.isEmpty }.map(String.init) ?? ""
        }

        func show(_ answer: Errors.Classify.Answer, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            table.add("verdict", Table.Cell(answer.decision, answer.retry.allowed ? .good : .warning))
            table.add(
                "category",
                Table.Cell("\(answer.category.rawValue), \(answer.severity.rawValue)", answer.severity.style))
            table.add("why", Table.Cell(answer.why))
            if let code = answer.code { table.add("code", Table.Cell(code)) }
            for fact in answer.facts { table.add("found", Table.Cell(fact)) }
            let others = answer.rules.filter { $0 != answer.why }
            if !others.isEmpty { table.add("also held", Table.Cell(others.joined(separator: ", "))) }
            table.add("for users", Table.Cell(answer.userMessage))
            for step in answer.guidance { table.add("to do", Table.Cell(step)) }
            if let plan = answer.plan { table.add("plan", Table.Cell(plan)) }
            if let ignored = answer.ignored { table.add("unknown", Table.Cell(ignored.joined(separator: ", "))) }
            screen.table(table)
        }
    }
}

extension Errors.Classify.Answer {
    var decision: String { retry.text(strategy) }
}
