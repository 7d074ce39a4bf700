import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Force: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "force", abstract: Breaker.Force.summary)

        @Argument(help: "The breaker's name.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name
        @Argument(help: "What it is held in.")
        var state: Breaker.Force.ForcedState

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Force { Breaker.Force(breaker: breaker, state: state) }

        func show(_ info: BreakerInfo, on screen: inout Screen) {
            screen.line("\(info.breaker) is \(info.state.rawValue)")
        }
    }
}
