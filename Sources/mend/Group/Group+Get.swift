import ArgumentParser
import MendProtocol

extension GroupNoun {
    struct Get: CallCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: Group.Get.summary)

        @Argument(help: "The group's id.", completion: LiveNames.groups)
        var group: Int64

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> Group.Get { Group.Get(group: group) }

        func show(_ info: GroupInfo, on screen: inout Screen) { GroupScreen(info).show(on: &screen) }
    }
}
