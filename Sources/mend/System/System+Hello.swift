import ArgumentParser
import MendProtocol

extension SystemNoun {
    struct Hello: CallCommand {
        static let configuration = CommandConfiguration(commandName: "hello", abstract: System.Hello.summary)

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> System.Hello { System.Hello() }

        func show(_ hello: System.Hello.Answer, on screen: inout Screen) {
            var table = Table(.left(""), .left(""))
            table.add("version", Table.Cell(hello.version))
            table.add("wire", Table.Cell(hello.wire))
            table.add("instance", Table.Cell(hello.instance))
            table.add("role", Table.Cell(hello.role.rawValue))
            table.add("uid", Table.Cell(hello.uid))
            table.add("dry run", hello.dryRun ? "understood" : "not understood")
            let limits = hello.limits
            table.add("line", Table.Cell(SizeText.text(Int64(limits.lineBytes))))
            table.add("batch", Table.Cell("\(limits.batch) calls"))
            table.add("nesting", Table.Cell("\(limits.nesting) levels"))
            table.add("connections", Table.Cell("\(limits.connections), \(limits.connectionsPerUser) of them a user"))
            table.add(
                "in flight",
                Table.Cell("\(limits.inFlight) calls, \(SizeText.text(Int64(limits.inFlightBytes))) a connection"))
            table.add("in all", Table.Cell(SizeText.text(Int64(limits.totalBytes))))
            screen.table(table)
        }
    }
}
