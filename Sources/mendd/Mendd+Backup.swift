import ArgumentParser
import MendEngine

extension Mendd {
    /// `mendd backup`: copies the state of a daemon, which may go on meanwhile.
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the state into a file, verified. The daemon may go on meanwhile.",
            discussion: """
                The copy is one moment of the state. It is complete, verified and on disk before it takes the place of FILE; \
                where anything fails, what was in FILE stays. Payloads stay sealed: keep the keys elsewhere.
                """)

        @OptionGroup var state: StateOption

        @Argument(help: "Where to.")
        var file: String

        func run() throws {
            try doing { () throws(StateError) in try state.file.backUp(to: file) }
            print("\(file): a verified backup of \(state.file.path)")
        }
    }
}
