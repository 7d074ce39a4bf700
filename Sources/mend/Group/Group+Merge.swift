import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Merge: ChangingCommand {
        static let configuration = CommandConfiguration(commandName: "merge", abstract: Group.Merge.summary)

        @Argument(help: "The group that the others are counted to.", completion: LiveNames.groups)
        var group: Int64
        @Argument(help: "The others.", completion: LiveNames.groups)
        var groups: [Int64]

        @OptionGroup var metaOptions: MetaOptions
        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Merge { Group.Merge(group: group, groups: groups) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
