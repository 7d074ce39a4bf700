import ArgumentParser
import MendProtocol

struct GroupNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Problems: reports that have one cause.",
        subcommands: [
            List.self, Get.self, Explain.self, Resolve.self, Mute.self, Reopen.self, Merge.self, Split.self,
        ])
}

extension GroupState {
    var style: Table.Style {
        switch self {
        case .new, .regressed: .warning
        case .escalating: .bad
        case .resolved: .good
        case .muted: .faint
        case .ongoing: .plain
        }
    }
}

/// A group as people read it.
struct GroupScreen {
    private let info: GroupInfo

    init(_ info: GroupInfo) { self.info = info }

    func show(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        table.add("group", Table.Cell(info.group))
        table.add("title", Table.Cell(info.title, .heading))
        table.add("service", Table.Cell(info.service))
        table.add("state", Table.Cell(info.state.rawValue, info.state.style))
        table.add("occurrences", Table.Cell(info.occurrences))
        table.add("first seen", Table.Cell(screen.clock.text(info.firstSeenAt)))
        table.add("last seen", Table.Cell(screen.clock.text(info.lastSeenAt)))
        let texts = [("code", info.code), ("frames", info.frames), ("template", info.template)]
        for (name, text) in texts where text != nil { table.add(Table.Cell(name), Table.Cell(text)) }
        let times = [("resolved", info.resolvedAt), ("regressed", info.regressedAt), ("muted until", info.mutedUntil)]
        for (name, time) in times where time != nil { table.add(Table.Cell(name), Table.Cell(screen.clock.text(time))) }
        if let most = info.mutedOccurrences { table.add("muted up to", Table.Cell("\(most) occurrences")) }
        if let top = info.mergedInto { table.add("merged into", Table.Cell("group \(top)", .warning)) }
        if let merged = info.merged {
            table.add("merged", Table.Cell(merged.map { "\($0)" }.joined(separator: " ")))
        }
        if let error = info.error { table.add("newest report", Table.Cell("error \(error)")) }
        screen.table(table)
    }
}
