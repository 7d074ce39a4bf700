import ArgumentParser
import Glibc
import MendClient
import MendProtocol

/// Does operations by running a command for each.
struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "Runs a command for each operation of a queue; how it ends decides.",
        usage: """
            mend work [OPTIONS] QUEUE … -- COMMAND [ARGUMENT …]
            mend work --config FILE [--once] [--verbose]
            """,
        discussion: """
            The command reads the payload, JSON and a line feed, from its standard input. In its environment are \
            MEND_OPERATION, MEND_QUEUE, MEND_ATTEMPT and MEND_MAX_ATTEMPTS, where they are known MEND_CORRELATION, \
            TRACEPARENT, MEND_TRANSACTION and MEND_STEP, and each field of a payload that is an object as \
            MEND_PAYLOAD_FIELD: in upper case, with _ for what is neither a letter nor a digit; strings as they are, all \
            else as JSON.

            Exit status 0 completes the operation. With any other it fails, and is tried again or set aside as the \
            verdict on its status, its signal and the end of its standard error says; 75 means later, 65 means never. Each \
            of these spends an attempt. The lease is extended while the command lives. Where it is lost, the command is ended.

            SIGTERM and SIGINT: no further operation is taken, and what runs may finish within --grace or until the \
            next such signal. Then it is ended, and its operation given back without spending the attempt. Where the \
            daemon is away, the worker stays and waits for it.

            With --config all that is said by arguments and options stands in a file, in lines of YAML:

                queue: mail                  # or queues: [urgent, mail]
                command: [/usr/bin/send-mail, --quiet]
                parallel: 4

            A command that is a text instead of a list is run by sh -c. Beside these there are timeout, kill_after, lease \
            and grace, such as 90s, or with _ms behind the name in milliseconds, and drain: yes. Lists may also stand \
            below their key, an item a line behind a dash. Nothing else of YAML is understood.

            Exit status: 0 it was asked to stop, or with --drain nothing is ready any more; with --once the command's \
            own, and 75 nothing was ready; with --once and --drain 128 and the signal's number where it was asked to \
            stop; 125 mend itself failed.
            """)

    /// The queues, and what stands behind `--`: of two lists the parser takes only one.
    @Argument(
        help: ArgumentHelp("Where to take from: the first that has something wins.", valueName: "queue"),
        completion: LiveNames.queues)
    var arguments: [String] = []

    @Option(
        help: ArgumentHelp("A file that says queues, command and options.", valueName: "file"), completion: .file())
    var config: String?
    @Option(help: ArgumentHelp("How many at a time; 1 is the default.", valueName: "n"))
    var parallel = 1
    @Option(
        help: "End a command that takes longer; the operation has failed.", transform: PositiveMilliseconds.duration)
    var timeout: PositiveMilliseconds?
    @Option(
        help: "End it for good where it has not ended so long after it was asked to.",
        transform: Milliseconds.duration)
    var killAfter = Milliseconds(unchecked: 10_000)
    @Flag(help: "Do one operation, if one is ready, and end.")
    var once = false
    @Flag(help: "End when nothing is ready.")
    var drain = false
    @Option(
        help: "How long a lease lasts before it is extended; the queue's own where it is left out.",
        transform: PositiveMilliseconds.duration)
    var lease: PositiveMilliseconds?
    @Option(help: "How long what runs may go on after SIGTERM.", transform: Milliseconds.duration)
    var grace = Milliseconds(unchecked: 60_000)
    @Flag(help: "Say also what goes well.")
    var verbose = false

    @OptionGroup var globals: GlobalOptions

    private static let parallelRange = 1...256

    /// What stands behind `--`.
    private var words: [String] {
        let behind = CommandLine.arguments.drop { $0 != "--" }.dropFirst()
        return Array(arguments.suffix(behind.count))
    }

    private func queues() throws -> [Name] {
        let names = arguments.dropLast(words.count)
        guard !names.isEmpty else {
            throw ValidationError("a queue is missing: mend work [OPTIONS] QUEUE … -- COMMAND [ARGUMENT …]")
        }
        return try names.map { name in
            do {
                return try Name.argument(name)
            } catch let error as ValidationError {
                throw ValidationError("'\(name)' is no queue: \(error.message)")
            }
        }
    }

    func validate() throws {
        guard config == nil else {
            guard arguments.isEmpty, parallel == 1, timeout == nil, lease == nil, !drain else {
                throw ValidationError("with --config, queues, command and options stand in the file")
            }
            return
        }
        _ = try queues()
        guard words.first.map({ !$0.isEmpty }) ?? false else {
            throw ValidationError("a command is missing: mend work [OPTIONS] QUEUE … -- COMMAND [ARGUMENT …]")
        }
        guard !once || !drain else { throw ValidationError("--once and --drain exclude each other") }
        guard Self.parallelRange.contains(parallel) else {
            throw ValidationError(
                "--parallel is between \(Self.parallelRange.lowerBound) and \(Self.parallelRange.upperBound)")
        }
        guard !once || parallel == 1 else {
            throw ValidationError("--once does one operation, and --parallel more at a time")
        }
    }

    func run() throws {
        if let config { return try run(Self.read(config), from: config) }
        let words = words
        OperationEnvironment.clear()
        let voice = Voice(globals, isVerbose: verbose)
        let plan = CommandPlan(
            words: words, timeoutMs: timeout?.value, killAfterMs: killAfter.value, voice: voice)
        var settings = WorkSettings(globals, queues: try queues(), plan: plan, voice: voice)
        settings.lease = lease
        try WorkLoop(once ? .once : drain ? .drain : .forever).run(
            settings, slots: parallel, graceMs: grace.value)
    }

    // MARK: From a file

    private static func read(_ path: String) throws -> WorkerFile {
        let text = try Input.all(path)
        do throws(FlatYAML.Mistake) {
            return try WorkerFile(text)
        } catch {
            throw UsageError("\(path):\(error.line): \(error.message)", hint: "mend work --help shows such a file")
        }
    }

    private func run(_ file: WorkerFile, from path: String) throws {
        guard !once || (file.parallel == 1 && !file.drains) else {
            throw UsageError("--once does one operation, and \(path) says parallel or drain")
        }
        OperationEnvironment.clear()
        let voice = Voice(globals, isVerbose: verbose)
        let plan = CommandPlan(
            words: file.words, timeoutMs: file.timeoutMs, killAfterMs: file.killAfterMs, voice: voice)
        var settings = WorkSettings(globals, queues: file.queues, plan: plan, voice: voice)
        settings.lease = file.leaseMs.flatMap { PositiveMilliseconds($0) }
        try WorkLoop(once ? .once : file.drains ? .drain : .forever).run(
            settings, slots: file.parallel, graceMs: file.graceMs)
    }
}
