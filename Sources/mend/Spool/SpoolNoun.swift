import ArgumentParser

struct SpoolNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Your reports that the daemon could not take yet.",
        discussion: """
            While the daemon is away, `mend run` and `mend error report --if-unavailable spool` keep reports in \
            $XDG_STATE_HOME/mend/spool (~/.local/state/mend/spool; in a service without HOME, \
            mend/spool in its StateDirectory=). The next of them that reaches the daemon, or a `mend run` that succeeds, delivers them.
            """,
        subcommands: [List.self, Deliver.self])
}
