import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Split: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "split", abstract: Group.Split.summary)

        @Argument(help: "The group's id.", completion: LiveNames.groups)
        var group: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Split { Group.Split(group: group) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
