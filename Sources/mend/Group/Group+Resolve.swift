import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Resolve: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "resolve", abstract: Group.Resolve.summary)

        @Argument(help: "The group's id.", completion: LiveNames.groups)
        var group: Int64

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Resolve { Group.Resolve(group: group) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
