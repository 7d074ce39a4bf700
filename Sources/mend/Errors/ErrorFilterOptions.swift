import ArgumentParser
import MendProtocol

/// Which reports are meant.
struct ErrorFilterOptions: ParsableArguments {
    @Option(help: "Only with these words in message, service, code or type; \"in this order\", begin*.")
    var text: String?
    @OptionGroup var kind: ReportKindOptions
    @Option(help: "Only with this exception's class.")
    var type: String?
    @Option(help: "Only of this task.")
    var task: String?
    @Option(help: "Only from this systemd unit.")
    var unit: String?
    @Option(help: "Only from this user.")
    var uid: UInt32?
    @Option(help: "Only from this point in time on, or from so long ago.", transform: Timestamp.past)
    var since: Timestamp?
    @Option(help: "Only until this point in time, or until so long ago.", transform: Timestamp.past)
    var until: Timestamp?

    /// - Parameter correlation: an option of the command: a call that changes something has one of that name already.
    func filter(correlation: Name?) -> ErrorFilter {
        var filter = ErrorFilter()
        filter.text = text
        filter.service = kind.service
        filter.category = kind.category
        filter.severity = kind.severity
        filter.code = kind.code
        filter.type = type
        filter.group = kind.group
        filter.task = task
        filter.unit = unit
        filter.uid = uid
        filter.correlation = correlation
        filter.since = since
        filter.until = until
        return filter
    }
}

/// Which reports are meant, by what they are counted by.
struct ReportKindOptions: ParsableArguments {
    @Option(help: "Only of this service.")
    var service: String?
    @Option(help: "Only of this category.")
    var category: Category?
    @Option(help: "Only of this severity.")
    var severity: Severity?
    @Option(help: "Only with this code.")
    var code: String?
    @Option(help: "Only of this group.", completion: LiveNames.groups)
    var group: Int64?
}
