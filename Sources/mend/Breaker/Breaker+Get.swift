import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: Breaker.Get.summary)

        @Argument(help: "The breaker's name.", completion: LiveNames.breakers, transform: Name.argument)
        var breaker: Name

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Get { Breaker.Get(breaker: breaker) }

        func show(_ info: BreakerInfo, on screen: inout Screen) { BreakerScreen(info).show(on: &screen) }
    }
}
