import ArgumentParser
import MendEngine

extension Mendd {
    /// `mendd verify`: looks whether a state is as it must be.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look whether a state, or a backup, is undamaged and agrees with itself. Nothing is changed.",
            discussion: """
                The daemon may go on meanwhile. Exit status: 0 all is well; 1 something is wrong, told a line each on \
                standard error.
                """)

        @OptionGroup var state: StateOption

        @Argument(help: "A backup, in place of the state.")
        var file: String?

        func run() throws {
            let file = self.file.map { StateFile($0) } ?? state.file
            let findings = try doing { () throws(StateError) in try file.verify() }
            for finding in findings { say("\(file.path): \(finding)") }
            guard findings.isEmpty else { throw ExitCode.failure }
            print("\(file.path): undamaged, and agrees with itself")
        }
    }
}
