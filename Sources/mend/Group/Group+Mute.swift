import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Mute: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "mute", abstract: Group.Mute.summary)

        @Argument(help: "The group's id.", completion: LiveNames.groups)
        var group: Int64
        @Option(
            help: ArgumentHelp("Until then, or for so long; else for good.", valueName: "time"),
            transform: Timestamp.coming)
        var until: Timestamp?
        @Option(help: "For so many more occurrences.")
        var occurrences: Int64?

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Mute { Group.Mute(group: group, untilAt: until, occurrences: occurrences) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
