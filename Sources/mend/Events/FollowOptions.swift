import ArgumentParser
import MendClient
import MendProtocol
import MendWire

/// Which events are followed, and from where on.
struct FollowOptions: ParsableArguments {
    @OptionGroup var events: EventOptions
    @Option(help: "Begin with the event after this one.")
    var after: Int64?
    @Option(help: "Begin with the events from this point in time on, or from so long ago.", transform: Timestamp.past)
    var since: Timestamp?

    func validate() throws {
        guard after == nil || since == nil else { throw ValidationError("--after and --since exclude each other") }
    }

    func follower(_ globals: GlobalOptions, patienceMs: Int64) -> EventFollower {
        EventFollower(globals: globals, filter: events.filter, after: after, since: since, patienceMs: patienceMs)
    }
}

extension EventFollower {
    /// Shows where it begins, and each event.
    func run() throws { try run(begun: { answer, _ in try display(answer) }, told: show) }

    private func display(_ answer: JSONValue) throws {
        guard !globals.quiet else { return }
        var screen = Screen.standard()
        if globals.json {
            screen.line(RawJSON(answer).text)
        } else {
            let begun = try Events.Follow.answer(from: answer)
            let operations = begun.snapshot.operations
            screen.line(
                "after event \(begun.last): \(operations.live) live operations, \(operations.dead) dead, "
                    + "\(begun.snapshot.breakers.count) breakers not closed, "
                    + "\(begun.snapshot.transactions.values.reduce(0, +)) transactions under way")
        }
        try screen.flush()
    }
}
