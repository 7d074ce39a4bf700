import ArgumentParser

struct RPCNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rpc", abstract: "The wire itself.", subcommands: [Discover.self])
}
