import ArgumentParser
import Foundation

/// Measures how well `error.report` puts messages of one cause into one group.
@main
struct MendGrouping: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mend-grouping",
        abstract: "Measures the grouping of error.report on sets of messages whose templates are known.")

    @Argument(help: "A folder with NAME.csv: a line of names, then template,message on each line.")
    var folder: String

    @Option(help: "How often each set is shuffled.")
    var shuffles: UInt64 = 5

    @Option(help: "Shows the groups of this set that are wrong.")
    var failures: String?

    func run() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".csv") }.map { String($0.dropLast(4)) }.sorted()
        guard !names.isEmpty else { throw ValidationError("there is no .csv in \(folder)") }
        var table = AccuracyTable()
        for name in names {
            let messages = try LabelledMessage.read(folder + "/" + name + ".csv")
            let trial = try Trial(messages)
            if name == failures { print(trial.failures.joined(separator: "\n")) }
            let shuffled = try (1...max(shuffles, 1)).map { seed in
                var random = SplitMix(state: seed)
                return try Trial(messages.shuffled(using: &random)).accuracy
            }
            table.add(name, trial, shuffled: shuffled)
        }
        print(table.text)
    }
}

/// The same order for the same seed, on every machine.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
