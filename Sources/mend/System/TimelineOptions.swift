import ArgumentParser
import MendProtocol

/// Which part of the timeline is shown.
struct TimelineOptions: ParsableArguments {
    @Option(help: "Only what belongs to this task, flow or run.", transform: Name.argument)
    var correlation: Name?
    @Option(
        help: "From this point in time on, or from so long ago; an hour where neither is said.",
        transform: Timestamp.past)
    var since: Timestamp?
    @Option(help: "Until this point in time, or until so long ago.", transform: Timestamp.past)
    var until: Timestamp?

    func call(_ page: PageOptions) -> System.Timeline {
        var call = System.Timeline(correlation: correlation, since: since)
        if correlation == nil, since == nil { call.since = Timestamp(WallClock.system().nowMs - 3_600_000) }
        call.until = until
        call.limit = page.limit
        call.after = page.after
        return call
    }
}

/// A timeline as people read it.
struct TimelineScreen {
    private let answer: System.Timeline.Answer

    init(_ answer: System.Timeline.Answer) { self.answer = answer }

    func show(on screen: inout Screen) {
        var table = Table(.left("when"), .left("kind"), .left("about"), .left("message"))
        for entry in answer.entries {
            table.add(
                Table.Cell(screen.clock.text(entry.at)), Table.Cell(entry.kind, entry.style),
                Table.Cell(entry.about.isEmpty ? nil : entry.about.joined(separator: " ")), Table.Cell(entry.message))
        }
        screen.table(table)
    }
}

extension TimelineEntry {
    /// What it is about, as `mend explain` takes it.
    fileprivate var about: [String] {
        let subjects: [Subject?] = [
            operation.map(Subject.operation), operation == nil ? queue.map(Subject.queue) : nil,
            breaker.map(Subject.breaker), transaction.map(Subject.transaction), error.map(Subject.error),
        ]
        return subjects.compactMap { $0?.description }
    }

    fileprivate var style: Table.Style { severity?.style ?? EventKind(rawValue: kind)?.style ?? .plain }
}
