import ArgumentParser
import MendProtocol

/// Which window is looked at, and from where on something is unusual.
struct AnalysisOptions: ParsableArguments {
    @Option(help: "From this point in time on, or from so long ago; 24 hours.", transform: Timestamp.past)
    var since: Timestamp?
    @Option(help: "Until this point in time, or until so long ago; now.", transform: Timestamp.past)
    var until: Timestamp?
    @Option(
        help: ArgumentHelp("The length of the window.", valueName: "duration"), transform: PositiveMilliseconds.duration
    )
    var window: PositiveMilliseconds?
    @OptionGroup var kind: ReportKindOptions
    @Option(help: "The share of failures that is too much, such as 5%.", transform: Share.argument)
    var errorRate: Share?
    @Option(help: "Reports of one group that are too many.", transform: Count.argument)
    var specificErrorCount: Count?
    @Option(help: "The share of what was not recovered that is too much.", transform: Share.argument)
    var recoveryFailureRate: Share?
    @Option(help: "Critical reports of one service that are too many.", transform: Count.argument)
    var criticalCount: Count?
    @Option(help: "How many more reports than expected make a spike.", transform: Count.argument)
    var spikeCount: Count?
    @Option(help: "How many services, codes and groups are told.", transform: PageSize.argument)
    var limit: PageSize?

    func call() -> Errors.Analysis {
        var call = Errors.Analysis()
        call.since = since
        call.until = until
        call.windowMs = window
        call.service = kind.service
        call.category = kind.category
        call.severity = kind.severity
        call.code = kind.code
        call.group = kind.group
        call.limit = limit
        var thresholds = AnalysisThresholds()
        thresholds.errorRate = errorRate
        thresholds.specificErrorCount = specificErrorCount
        thresholds.recoveryFailureRate = recoveryFailureRate
        thresholds.criticalCount = criticalCount
        thresholds.spikeCount = spikeCount
        if thresholds != AnalysisThresholds() { call.thresholds = thresholds }
        return call
    }
}
