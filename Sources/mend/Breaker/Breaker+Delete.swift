import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Delete: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "delete", abstract: Breaker.Delete.summary)

        @Argument(
            help: "The breaker's name, or a pattern as it was configured, such as 'billing-*'.",
            completion: LiveNames.breakers, transform: BreakerSubject.argument)
        var breaker: BreakerSubject

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Delete {
            switch breaker {
            case .breaker(let name): Breaker.Delete(breaker: name)
            case .pattern(let pattern): Breaker.Delete(pattern: pattern)
            }
        }

        func show(_ answer: Breaker.Delete.Answer, on screen: inout Screen) {
            switch breaker {
            case .breaker(let name): screen.line("\(name) is forgotten; permits abandoned: \(answer.abandoned)")
            case .pattern(let pattern): screen.line("\(pattern.text) is forgotten")
            }
        }
    }
}
