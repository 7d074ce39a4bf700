import ArgumentParser

extension SpoolNoun {
    struct Deliver: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deliver", abstract: "Give what is kept to the daemon, the oldest first.",
            discussion: "Each is stored once, also where this is interrupted and said again. What is refused stays.")

        @OptionGroup var globals: GlobalOptions

        func run() throws {
            guard let spool = try Spool.waiting() else { return }
            let voice = Voice(globals)
            let count = try spool.deliver(globals.connect(timeoutMs: 10_000)) { voice.say($0) }
            voice.say("\(count) \(count == 1 ? "report" : "reports") delivered")
        }
    }
}
