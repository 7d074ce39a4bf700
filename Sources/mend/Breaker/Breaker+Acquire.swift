import ArgumentParser
import MendProtocol
import MendWire

extension BreakerNoun {
    struct Acquire: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "acquire", abstract: Breaker.Acquire.summary,
            discussion: """
                Prints 'granted' and the permit, or 'denied'; the exit status is then 75, and standard error says why. \
                The permit is for `mend breaker record`.
                """)

        @Argument(help: "The breaker's name.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name

        @Option(help: "A process whose end gives the permit back.")
        var holdPid: Int32?

        @Flag(help: "The call was made before and failed: the retry budget has a say.")
        var retry = false
        @Flag(help: "Where it is denied, something else is done instead: that is counted.")
        var fallback = false

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Acquire {
            Breaker.Acquire(
                breaker: breaker, hold: holdPid.map(Hold.process), retry: retry ? true : nil,
                fallback: fallback ? true : nil)
        }

        func show(_ answer: Breaker.Acquire.Answer, on screen: inout Screen) {
            guard !answer.granted else {
                return screen.line(answer.permit.map { "granted \($0)" } ?? "granted")
            }
            screen.line("denied")
            Notice.tell(
                "\(breaker) is \(answer.state.rawValue): \(answer.why)",
                hint: answer.retryAfterMs.map { "try again in \(DurationText.text($0))" })
        }

        func conclude(_ result: JSONValue) throws {
            if result["granted"]?.boolValue != true { throw ExitStatus.tryLater }
        }
    }
}
