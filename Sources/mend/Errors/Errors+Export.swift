import ArgumentParser
import MendClient
import MendProtocol
import MendWire

extension ErrorNoun {
    struct Export: CallCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: Errors.Export.summary,
            discussion: "It writes all of them, page by page: mend error export --format csv > errors.csv")

        @Option(help: "json (a report a line) or csv.")
        var format = Errors.Export.Format.json
        @Option(help: "How many at most in one call to the daemon.", transform: PageSize.argument)
        var limit: PageSize?
        @Option(help: "Go on after this report.")
        var after: Int64?
        @OptionGroup(title: "Which") var which: ErrorFilterOptions
        @Option(help: "Only of this task, flow or run.", transform: Name.argument)
        var correlation: Name?
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Errors.Export {
            var call = Errors.Export(filter: which.filter(correlation: correlation))
            call.format = format
            call.limit = limit
            call.after = after
            return call
        }

        func show(_ answer: Errors.Export.Answer, on screen: inout Screen) {
            for line in answer.lines { screen.line(line) }
        }

        mutating func run() throws {
            let client = try globals.connect()
            var progress = ProgressBar("exported", globals, output: 1)
            var count: Int64 = 0
            defer { progress.end() }
            // What comes while this runs is for the next one, or it might never end.
            if which.until == nil { which.until = Timestamp(WallClock.system().nowMs) }
            repeat {
                let answer = try client.call(makeCall())
                var screen = Screen.standard()
                show(answer, on: &screen)
                try screen.flush()
                count += Int64(answer.lines.count)
                progress.show(count)
                after = answer.next
            } while after != nil
        }
    }
}

extension Errors.Export.Format: ExpressibleByArgument {}
