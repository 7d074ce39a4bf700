import Glibc
import LoadKit

/// R1 in its variants: as it is, on a disk that forgets what was not synced, and with a planted fault.
struct CrashTrials {
    let options: Options
    let place: Workplace

    func verdicts() throws -> [Verdict] {
        let kills = options.kills ?? (options.quick ? 6 : 200)
        var verdicts = [try verdict("R1", CrashTrial(options: options, place: place, kills: kills))]
        guard access(options.shim, R_OK) == 0 else {
            throw LoadFailure("\(options.shim) is not there: `make crash` builds it")
        }
        let shim = CrashTrial(options: options, place: place, shim: ["LD_PRELOAD": options.shim], kills: kills)
        verdicts.append(try verdict("R1 unsynced", shim))
        var leaking = shim
        leaking.shim["UNSYNCED_LEAK"] = "3"
        leaking.kills = max(3, kills / 4)
        verdicts.append(try verdict("R1 reordered", leaking))
        verdicts.append(try planted(shim))
        return verdicts
    }

    private func verdict(_ bar: String, _ trial: CrashTrial) throws -> Verdict {
        Text.note(" \(bar)")
        let result = try trial.run()
        return Verdict(bar, isReached: result.faultCount == 0, result.figures + ", seed \(options.seed)")
    }

    /// The harness itself: a daemon whose log is never synced must be found out.
    private func planted(_ shim: CrashTrial) throws -> Verdict {
        var trial = shim
        trial.shim["UNSYNCED_IGNORE"] = "-wal"
        trial.kills = 1
        trial.isQuiet = true
        Text.note(" R1 planted")
        let result = try trial.run()
        let lost = result.faults[.lost] ?? 0
        return Verdict("R1 planted", isReached: lost > 0, "syncs of the log swallowed: \(lost) lost calls are noticed")
    }
}
