import ArgumentParser
import MendProtocol

extension BreakerNoun {
    struct Configure: ChangingCommand {
        static let configuration = CommandConfiguration(
            commandName: "configure", abstract: Breaker.Configure.summary,
            discussion: "The value 'default' takes a setting back. What is not named stays as it is.")

        @Argument(
            help: "The breaker's name, or the beginning of names with a *, such as 'billing-*'.",
            completion: LiveNames.breakers, transform: BreakerSubject.argument)
        var breaker: BreakerSubject

        @Option(
            help: ArgumentHelp("Failures in a row that open it.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var failureThreshold: Setting<Count>?
        @Option(
            help: ArgumentHelp("The share of failures in the window that opens it.", valueName: "share"),
            transform: { try Setting.argument($0, Share.argument) })
        var failureRateThreshold: Setting<Share>?
        @Option(
            help: ArgumentHelp("A call that takes at least so long is slow.", valueName: "duration"),
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var slowCallDuration: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("The share of slow calls in the window that opens it.", valueName: "share"),
            transform: { try Setting.argument($0, Share.argument) })
        var slowCallRateThreshold: Setting<Share>?
        @Option(
            help: ArgumentHelp("Calls in the window before a share means anything.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var minimumCalls: Setting<Count>?
        @Option(
            help: ArgumentHelp("The window: the last so many calls.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var windowCalls: Setting<Count>?
        @Option(
            help: "The window: the calls of so long.",
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var window: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("How long it is open before calls are let through to try.", valueName: "duration"),
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var recoveryTimeout: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("What that grows to.", valueName: "duration"),
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var maxRecoveryTimeout: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("Successes that close it again.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var successThreshold: Setting<Count>?
        @Option(
            help: ArgumentHelp("Calls that are let through at a time to try.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var halfOpenPermits: Setting<Count>?
        @Option(
            help: ArgumentHelp("A permit not returned in this time is abandoned.", valueName: "duration"),
            transform: { try Setting.argument($0, PositiveMilliseconds.duration) })
        var permitTime: Setting<PositiveMilliseconds>?
        @Option(
            help: ArgumentHelp("Calls under way at a time at most.", valueName: "n"),
            transform: { try Setting.argument($0, Count.argument) })
        var maxConcurrent: Setting<Count>?
        @Option(
            help: ArgumentHelp("The share of calls that may be retries.", valueName: "share"),
            transform: { try Setting.argument($0, Share.argument) })
        var retryBudget: Setting<Share>?
        @Option(
            help: ArgumentHelp("Whether it decides and counts, and never denies.", valueName: "true|false"),
            transform: { try Setting.argument($0, Bool.argument) })
        var shadow: Setting<Bool>?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Breaker.Configure {
            var call =
                switch breaker {
                case .breaker(let name): Breaker.Configure(breaker: name)
                case .pattern(let pattern): Breaker.Configure(pattern: pattern)
                }
            call.failureThreshold = failureThreshold
            call.failureRateThreshold = failureRateThreshold
            call.slowCallDurationMs = slowCallDuration
            call.slowCallRateThreshold = slowCallRateThreshold
            call.minimumCalls = minimumCalls
            call.windowCalls = windowCalls
            call.windowMs = window
            call.recoveryTimeoutMs = recoveryTimeout
            call.maxRecoveryTimeoutMs = maxRecoveryTimeout
            call.successThreshold = successThreshold
            call.halfOpenPermits = halfOpenPermits
            call.permitMs = permitTime
            call.maxConcurrent = maxConcurrent
            call.retryBudget = retryBudget
            call.shadow = shadow
            return call
        }

        func show(_ settings: BreakerSettings, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            BreakerScreen.add(settings, to: &table)
            screen.table(table)
        }
    }
}
