import ArgumentParser
import MendProtocol

/// The short form of `mend system timeline`.
struct TimelineCommand: PagedCommand {
    static let configuration = CommandConfiguration(commandName: "timeline", abstract: System.Timeline.summary)
    static let items: String? = "entries"

    @OptionGroup var timeline: TimelineOptions
    @OptionGroup var page: PageOptions
    @OptionGroup var globals: GlobalOptions

    func makeCall() -> System.Timeline { timeline.call(page) }

    func show(_ answer: System.Timeline.Answer, on screen: inout Screen) {
        TimelineScreen(answer).show(on: &screen)
    }
}
