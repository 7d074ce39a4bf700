import ArgumentParser
import MendProtocol

extension TransactionNoun {
    struct Begin: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "begin", abstract: Transaction.Begin.summary,
            discussion: "Prints the transaction's id, and nothing else.")

        @Argument(help: "A name for people.", transform: Name.argument)
        var name: Name

        @Option(
            help: "How long until it is rolled back by itself; 1h is the default.",
            transform: PositiveMilliseconds.duration)
        var timeout: PositiveMilliseconds?
        @Option(help: "What then happens.")
        var onDeadline: Transaction.Begin.OnDeadline?
        @Option(help: "A process whose end is as good as the deadline.")
        var holdPid: Int32?
        @Option(
            help: "How long a rollback waits for a step that was never confirmed; 30s is the default.",
            transform: Milliseconds.duration)
        var stepGrace: Milliseconds?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Transaction.Begin {
            Transaction.Begin(
                name: name, timeoutMs: timeout, onDeadline: onDeadline,
                hold: holdPid.map(Hold.process), stepGraceMs: stepGrace)
        }

        func show(_ answer: Transaction.Begin.Answer, on screen: inout Screen) {
            screen.line(String(answer.transaction))
            for warning in answer.warnings ?? [] { Notice.tell(warning) }
        }
    }
}
