import ArgumentParser
import MendProtocol
import MendWire

extension RPCNoun {
    struct Discover: CallCommand {
        static let configuration = CommandConfiguration(commandName: "discover", abstract: RPC.Discover.summary)

        @OptionGroup var globals: GlobalOptions

        func makeCall() -> RPC.Discover { RPC.Discover() }

        func show(_ document: RawJSON, on screen: inout Screen) { screen.line(document.text) }
    }
}
