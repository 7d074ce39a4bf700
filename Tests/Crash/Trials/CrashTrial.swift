import Dispatch
import Glibc
import LoadKit

/// R1: kill -9 at random moments under full load. Whatever a client was told must be there afterwards, and nothing else.
struct CrashTrial {
    let options: Options
    let place: Workplace
    /// The library that forgets what was not synced, and its settings.
    var shim: [String: String] = [:]
    var kills: Int
    var isQuiet = false

    /// What the runs came to.
    struct Result {
        var kills = 0
        var killsInStart = 0
        var acknowledged = 0
        var faults: [Ledger.Fault: Int] = [:]
        var slowestStartMs = 0.0

        var faultCount: Int { faults.values.reduce(0, +) }

        var figures: String {
            let counts = Ledger.Fault.allCases.map { "\(faults[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
            return "\(kills) kills (\(killsInStart) of them in a start), "
                + "\(Text.number(Double(acknowledged), decimals: 0)) calls acknowledged: \(counts); "
                + "slowest start \(Text.number(slowestStartMs, decimals: 0)) ms"
        }
    }

    /// So many kills are survived by one state, before the next begins with an empty one.
    private static let killsOfOneState = 40

    func run() throws -> Result {
        var result = Result()
        var number: UInt64 = 0
        while result.kills < kills {
            number += 1
            let mine = min(Self.killsOfOneState, kills - result.kills)
            try place.withDirectory { directory in
                try oneState(directory, kills: mine, seed: options.seed &+ number, &result)
            }
        }
        return result
    }

    private func oneState(_ directory: String, kills: Int, seed: UInt64, _ result: inout Result) throws {
        var random = SeededRandom(seed: seed)
        let ledger = Ledger(isQuiet: isQuiet)
        var settings = shim
        if !shim.isEmpty { settings["UNSYNCED_PLACE"] = "\(directory)/state/" }
        let daemon = try Mendd(program: options.mendd, directory: directory, settings: settings)
        defer { daemon.crash() }
        let load = try Load(ledger, socket: daemon.socket, roles: Load.fullHouse, seed: random.next())
        var done = 0
        // What was found to be wrong makes more of it wrong: the first findings tell enough.
        while done < kills, ledger.faultCount == 0 {
            ledger.beginRun()
            try load.open()
            let item = daemon.crashLater(Int.random(in: 20_000...600_000, using: &random))
            defer { item.cancel() }
            try load.run()
            daemon.crash()
            done += 1
            if done < kills, random.oneIn(4) {
                try daemon.startAndCrash(after: Int.random(in: 0...40_000, using: &random))
                done += 1
                result.killsInStart += 1
            }
            try daemon.start()
            ledger.beginRun()
            try Audit(ledger, socket: daemon.socket).afterRestart()
            if options.isVerbose { note(done, kills, ledger, load) }
        }
        if ledger.faultCount == 0 { try atEnd(daemon, load, ledger) }
        result.kills += max(done, 1)
        result.acknowledged += ledger.acknowledged
        result.faults.merge(ledger.faults, uniquingKeysWith: +)
        result.slowestStartMs = max(result.slowestStartMs, daemon.startsMs.max() ?? 0)
        if !isQuiet {
            Text.note("  \(result.kills) of \(self.kills) kills, \(result.faultCount) faults, state of seed \(seed)")
        }
    }

    /// Lets rollbacks come to their end, and then looks at everything. An undo whose lease was given in an answer that
    /// nobody read waits for 30 s after the last start: so long its worker might come back.
    private func atEnd(_ daemon: Mendd, _ load: Load, _ ledger: Ledger) throws {
        load.bringsWork = false
        try load.open()
        let deadline = Clock.now() + (options.quick ? 1 : 40) * 1_000_000_000
        let inquiry = try Inquiry(daemon.socket)
        var asked = Clock.now()
        var rollingBack = 1
        try load.run {
            if Clock.now() > asked + 200_000_000 {
                asked = Clock.now()
                rollingBack = 0
                for state in ["active", "rolling_back"] {
                    try? inquiry.list("transaction.list", "transactions", #""state":"\#(state)""#) { _ in
                        rollingBack += 1
                    }
                }
                load.abandonedSagas = ledger.sagas.indices.filter {
                    ledger.sagas[$0].id != nil && ledger.sagas[$0].state == .active
                }
            }
            return rollingBack == 0 || Clock.now() > deadline
        }
        load.close()
        if rollingBack > 0, !options.quick {
            ledger.complain(.lost, "\(rollingBack) rollbacks never came to their end")
        }
        try Audit(ledger, socket: daemon.socket).atEnd()
    }

    private func note(_ done: Int, _ kills: Int, _ ledger: Ledger, _ load: Load) {
        Text.note(
            "    \(done)/\(kills): \(ledger.acknowledged) acknowledged, \(ledger.operations.count) operations, "
                + "\(ledger.sagas.count) transactions, \(load.live) live, refused \(ledger.refused)")
    }
}
