import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension ErrorNoun {
    struct Report: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "report", abstract: Errors.Report.summary,
            usage: """
                mend error report MESSAGE [OPTIONS]
                COMMAND 2>&1 | mend error report - [OPTIONS]
                mend error report --json-input [OPTIONS] < FILE
                mend error report --pipeline "${PIPESTATUS[*]}" [--command 'A | B'] [OPTIONS]
                """,
            discussion: """
                With - what is read is reported: its first line is the message (of a Python traceback the last one), the \
                rest is kept with it, as the stack where it is one. Where nothing is read, nothing is reported.

                With --json-input each line is a report, an object with the members of `error.report`; what else it has \
                becomes part of its context, and the options stand for the members that it does not have. Each verdict \
                is printed as its line has come.

                With --pipeline, right behind a pipeline of bash, the stage is reported that failed first, and nothing \
                where none did. A stage that SIGPIPE ended (141) has not failed where the one that read from it succeeded.

                Exit status: 0 also where nothing was to be reported, or where the report is kept; 1 the daemon did not \
                take it, or a line is no report.
                """)

        @Argument(help: "What happened, for people; - for standard input.")
        var message: String?

        @Flag(help: "Read reports from standard input, one JSON object a line.")
        var jsonInput = false
        @Option(
            help: ArgumentHelp("The statuses of a pipeline's stages.", valueName: "statuses"),
            transform: PipelineFailure.statuses)
        var pipeline: [Int32]?
        @Option(help: "The pipeline as it is written, for its stages' names.")
        var command: String?
        @Option(
            help: """
                What is done where the daemon is away, or has no answer for 10 seconds: fail, or keep the report for \
                later (spool): the next `mend run` delivers it, or the next report with this option.
                """)
        var ifUnavailable = IfUnavailable.fail

        @Flag(help: "Store nothing where this --service has an error of this --task already, from you or the system.")
        var once = false

        @OptionGroup(title: "About the failure") var options: ReportOptions
        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        enum IfUnavailable: String, ExpressibleByArgument, CaseIterable { case spool, fail }

        func validate() throws {
            guard [message != nil, jsonInput, pipeline != nil].count(where: \.self) == 1 else {
                throw ValidationError("one is expected of MESSAGE (- for standard input), --json-input and --pipeline")
            }
            guard command == nil || pipeline != nil else {
                throw ValidationError("--command goes with --pipeline only")
            }
            guard !(message == "-" || jsonInput) || !options.readsStandardInput else {
                throw ValidationError("standard input can be read once only")
            }
            guard !once || jsonInput || options.task != nil || metaOptions.correlation != nil else {
                throw ValidationError("--once goes with --task, which names the failure")
            }
            guard ifUnavailable == .fail || metaOptions.meta == nil else {
                throw ValidationError(
                    "what is kept in the spool has neither --correlation (--task says it, too) nor the like")
            }
            guard !jsonInput || metaOptions.idempotencyKey == nil else {
                throw ValidationError("--idempotency-key is for one report, and --json-input has many")
            }
        }

        func makeCall() throws -> Errors.Report {
            guard let report = try report() else { throw UsageError("there is nothing to report") }
            return report
        }

        /// Nothing where nothing has failed.
        private func report() throws -> Errors.Report? {
            if let pipeline {
                return try PipelineFailure(pipeline, command: command).map { try $0.report(options) }
            }
            guard message == "-" else { return try options.report(message ?? "") }
            guard let output = try FailedOutput.read() else {
                Notice.tell("standard input was empty: nothing is reported")
                return nil
            }
            if let cut = output.cut { Notice.tell(cut) }
            var report = try options.report(output.message)
            if report.stack == nil { report.stack = output.stack.map { .text($0) } }
            if report.stderr == nil { report.stderr = output.rest }
            return report
        }

        func show(_ verdict: Verdict, on screen: inout Screen) { VerdictScreen(verdict).show(on: &screen) }

        func run() throws {
            guard jsonInput else {
                guard let report = try report() else { return }
                return try tell(report, DaemonLink(globals, timeoutMs: linkTimeoutMs))
            }
            let link = DaemonLink(globals, timeoutMs: linkTimeoutMs)
            var reader = try ReportLines(defaults: options.report(""))
            while let report = try reader.next() { try tell(report, link) }
            guard reader.refused == 0 else { throw ExitStatus.failed }
        }

        private var linkTimeoutMs: Int64? { ifUnavailable == .spool ? 10_000 : nil }

        private func tell(_ report: Errors.Report, _ link: DaemonLink) throws {
            var report = report
            if once, report.once == nil { report.once = true }
            switch ifUnavailable {
            case .fail:
                do {
                    let result = try link.connected().callValue(report, meta: meta?.meta)
                    try display(result)
                    tellDryRun()
                } catch let error as ClientError {
                    if error.isAbsence, !globals.json {
                        Notice.tell(
                            "the report is not kept", hint: "--if-unavailable spool keeps it until the daemon is back")
                    }
                    throw error
                }
            case .spool:
                let voice = Voice(globals)
                guard let verdict = try link.tell(report, say: { voice.say($0) }) else { return }
                try display(JSONDocument(parsing: WireEncoder.text(of: verdict)).root)
            }
        }
    }
}
