import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Configure: CallCommand {
        static let configuration = CommandConfiguration(commandName: "configure", abstract: Breaker.Configure.summary)

        @Argument(help: "The breaker's name.", transform: Name.argument)
        var breaker: Name

        @Option(help: ArgumentHelp("Failures in a row that open it.", valueName: "n"), transform: Count.argument)
        var failureThreshold: Count?
        @Option(
            help: ArgumentHelp("The share of failures in the window that opens it.", valueName: "share"),
            transform: Share.argument)
        var failureRateThreshold: Share?
        @Option(
            help: ArgumentHelp("Calls in the window before the share means anything.", valueName: "n"),
            transform: Count.argument)
        var minimumCalls: Count?
        @Option(help: ArgumentHelp("The window: the last so many calls.", valueName: "n"), transform: Count.argument)
        var windowCalls: Count?
        @Option(help: "The window: the calls of so long.", transform: PositiveMilliseconds.duration)
        var window: PositiveMilliseconds?
        @Option(
            help: ArgumentHelp("How long it is open before calls are let through to try.", valueName: "duration"),
            transform: PositiveMilliseconds.duration)
        var recoveryTimeout: PositiveMilliseconds?
        @Option(
            help: ArgumentHelp("What that grows to.", valueName: "duration"), transform: PositiveMilliseconds.duration)
        var maxRecoveryTimeout: PositiveMilliseconds?
        @Option(help: ArgumentHelp("Successes that close it again.", valueName: "n"), transform: Count.argument)
        var successThreshold: Count?
        @Option(
            help: ArgumentHelp("Calls that are let through at a time to try.", valueName: "n"),
            transform: Count.argument)
        var halfOpenPermits: Count?
        @Option(
            help: ArgumentHelp("A permit not returned in this time is abandoned.", valueName: "duration"),
            transform: PositiveMilliseconds.duration)
        var permitTime: PositiveMilliseconds?
        @Option(
            help: ArgumentHelp("Calls under way at a time at most; 'default' is any number.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var maxConcurrent: Setting<Count>?

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Configure {
            var call = Breaker.Configure(breaker: breaker)
            call.failureThreshold = failureThreshold
            call.failureRateThreshold = failureRateThreshold
            call.minimumCalls = minimumCalls
            call.windowCalls = windowCalls
            call.windowMs = window
            call.recoveryTimeoutMs = recoveryTimeout
            call.maxRecoveryTimeoutMs = maxRecoveryTimeout
            call.successThreshold = successThreshold
            call.halfOpenPermits = halfOpenPermits
            call.permitMs = permitTime
            call.maxConcurrent = maxConcurrent
            return call
        }

        func show(_ settings: BreakerSettings, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            BreakerScreen.add(settings, to: &table)
            screen.table(table)
        }
    }
}
