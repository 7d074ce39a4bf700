import ArgumentParser
import MendProtocol

extension ErrorNoun {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Reports failures of systemd's units that the journal tells of, each once.",
            usage: "mend error import --journal [OPTIONS]",
            discussion: """
                Reported are units that failed, also those that are started again, jobs that failed without their unit \
                having failed, such as a reload, and processes of units that dumped core or were killed for want of \
                memory, with the unit's last lines, its exit status or signal, and its invocation as the correlation. \
                Left out are the units of users, and those of Mend by which reports come: mend.service, its sockets, \
                mend-journal.service and mend-report*. Only what systemd itself wrote is believed. What `OnFailure=mend-report@%n.service` has told, or tells \
                later, of the same failure stays one error.

                It goes on where the last one with the same units ended: the place is kept in \
                $XDG_STATE_HOME/mend/journal (~/.local/state) once the daemon has each report on disk. The first one begins with --since, \
                and without it a day ago; later --since only leaves out what is older. The journal is read by \
                journalctl, or by the program that MEND_JOURNALCTL names; members of the group systemd-journal may read \
                all of it.

                Exit status: 0, also with --follow where it was asked to stop; 1 the daemon did not take a report; 64 the \
                journal cannot be read; 69 the daemon is away, and the same again goes on: --follow waits for it.
                """)

        @Flag(help: "Read the journal, the only source there is yet.")
        var journal = false
        @Option(help: "Only from this point in time on, or from so long ago.", transform: Timestamp.past)
        var since: Timestamp?
        @Option(help: "Only until this point in time, or until so long ago.", transform: Timestamp.past)
        var until: Timestamp?
        @Option(
            name: .customLong("unit"),
            help: "Only this unit, * and ? stand for anything; may be given more than once.")
        var units: [String] = []
        @Flag(help: "Go on with what comes, until SIGTERM or SIGINT.")
        var follow = false
        @Flag(help: "Only show what would be reported; no daemon is needed.")
        var dryRun = false

        @OptionGroup var globals: GlobalOptions

        func validate() throws {
            guard journal else { throw ValidationError("--journal is needed: mend error import --journal") }
            guard !follow || until == nil else { throw ValidationError("--follow and --until exclude each other") }
            guard !units.contains(where: \.isEmpty) else { throw ValidationError("--unit is empty") }
        }

        func run() throws {
            let importing = JournalImport(
                globals: globals, since: since, until: until, units: units.map(Self.name), follow: follow,
                dryRun: dryRun, link: DaemonLink(globals, timeoutMs: 10_000),
                signals: try ForwardedSignals(Array(ForwardedSignals.ending)))
            try importing.run()
        }

        /// As systemctl(1) takes it: without an ending it is a service.
        private static func name(_ unit: String) -> String {
            unit.contains(".") || unit.hasSuffix("*") ? unit : unit + ".service"
        }
    }
}
