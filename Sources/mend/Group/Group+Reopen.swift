import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Reopen: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "reopen", abstract: Group.Reopen.summary)

        @Argument(help: "The group's id.", completion: LiveNames.groups)
        var group: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Reopen { Group.Reopen(group: group) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
