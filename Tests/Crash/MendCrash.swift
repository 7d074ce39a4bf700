import Glibc
import LoadKit

/// Tries the real daemon against crashes, a full disk and rude clients.
@main
struct MendCrash {
    static func main() {
        do {
            exit(try run(Options(Array(CommandLine.arguments.dropFirst()))))
        } catch is Interrupted {
            exit(130)
        } catch {
            Text.note("mend-crash: \(error)\n\n\(Options.usage)")
            exit(EX_USAGE)
        }
    }

    private static func run(_ options: Options) throws -> Int32 {
        Interruption.install()
        switch options.command {
        case .help:
            print(Options.usage)
            return 0
        case .trials: return try trials(options)
        case .undoWorker:
            var worker = UndoWorker(socket: options.socket, stop: try .init(options.stopAt))
            try worker.run()
            return 0
        case .fullDisk: return try FullDiskTrial(options: options).runInside()
        case .longLine(let megabytes):
            try LongLine(socket: options.socket, megabytes: megabytes).run()
            return 0
        }
    }

    private static func trials(_ options: Options) throws -> Int32 {
        Text.note("seed \(options.seed)")
        let place = try Workplace(under: options.directory)
        var missed = false
        func take(_ bar: String, _ body: () throws -> [Verdict]) throws {
            guard options.only?.contains(bar) ?? true else { return }
            Text.note("\(bar)")
            do {
                for verdict in try body() {
                    print(verdict.line)
                    missed = missed || verdict.outcome == .missed
                }
            } catch let failure as LoadFailure {
                print(Verdict(bar, .missed, "could not be measured: \(failure)").line)
                missed = true
            }
            fflush(nil)
        }
        try take("R1") { try CrashTrials(options: options, place: place).verdicts() }
        try take("R3") { try RollbackTrial(options: options, place: place).verdicts() }
        try take("R5") { [try FullDiskTrial(options: options).verdict(place)] }
        try take("R6") { try CrowdTrial(options: options, place: place).verdicts() }
        return missed ? 1 : 0
    }
}
