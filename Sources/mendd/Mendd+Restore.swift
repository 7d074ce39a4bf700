import ArgumentParser
import MendEngine

extension Mendd {
    /// `mendd restore`: begins again with a backup.
    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a backup in the place of the state. No daemon may be using it.",
            discussion: """
                Stop the daemon first: systemctl stop mend.socket mend.service. The backup is verified before anything is \
                touched, and what was there is kept beside it. Ids that were given out after the backup was made are not \
                given out again, and clients see another instance in system.hello.
                """)

        @OptionGroup var state: StateOption

        @Argument(help: "What mendd backup has written.")
        var file: String

        func run() throws {
            let old = try doing { () throws(StateError) in
                try StateDirectory(state.directory).restore(StateFile(file))
            }
            print("\(state.file.path) is \(file) now" + (old.map { "; what was there is \($0)" } ?? ""))
            guard let old else { return }
            print("mendd does not need \(old) and never removes it: rm it once the daemon serves what you expect")
        }
    }
}
