import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Reset: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "reset", abstract: Breaker.Reset.summary)

        @Argument(help: "The breaker's name.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Reset { Breaker.Reset(breaker: breaker) }

        func show(_ info: BreakerInfo, on screen: inout Screen) {
            screen.line("\(info.breaker) is \(info.state.rawValue)")
        }
    }
}
