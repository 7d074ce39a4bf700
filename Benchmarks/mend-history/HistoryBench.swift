import ArgumentParser
import Foundation
import Glibc

/// Fills a state with reports of a month, and measures what is asked about them.
@main
struct HistoryBench: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mend-history")

    @Option(help: "How many reports.") var reports = 1_000_000
    @Option(help: "Over how many days.") var days = 29
    @Option(help: "Reports in one commit.") var batch = 50
    @Option(help: "How often each query is asked.") var times = 20
    @Option(help: "What a query may take, in milliseconds.") var bound = 50.0
    @Option(help: "Where the state is made, and left; one that is there already is measured as it is.")
    var directory: String?
    @Option(help: "Only queries whose name has this in it.") var only: String?
    @Flag(help: "Only measure what reports cost with and without their words being indexed.") var cost = false

    func run() throws {
        if cost {
            for isIndexed in [true, false, true, false] {
                try inFolder { folder in
                    let filled = try Filled(folder, reports: reports, days: days, batch: batch, isIndexed: isIndexed)
                    say("\(isIndexed ? "with" : "without") index of words: \(filled.perSecond) reports a second")
                }
            }
            return
        }
        try inFolder { folder in
            let filled = try Filled(folder, reports: reports, days: days, batch: batch, isIndexed: true)
            if filled.perSecond > 0 {
                say("\(reports) reports in commits of \(batch): \(filled.perSecond) a second, \(filled.megabytes) MB")
            }
            try measure(filled)
        }
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = directory ?? NSTemporaryDirectory() + "mend-history-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: folder) } }
        try body(folder)
    }

    /// Time by the clock decides; where that of the processor is far below, something else kept the machine busy.
    private func measure(_ filled: Filled) throws {
        say(Self.line("each \(times) times, in milliseconds", "median", "max", "processor: median", "max"))
        var slow: [String] = []
        for (name, isBounded, ask) in try filled.queries() where only.map(name.contains) ?? true {
            var (clock, processor): ([Double], [Double]) = ([], [])
            for _ in 0..<times {
                let (start, startOfProcessor) = (ContinuousClock.now, Self.processorTime())
                try ask()
                clock.append((ContinuousClock.now - start) / .milliseconds(1))
                processor.append(Self.processorTime() - startOfProcessor)
            }
            clock.sort()
            processor.sort()
            let isSlow = isBounded && clock[times - 1] > bound
            if isSlow { slow.append(name) }
            say(
                Self.line(
                    name, clock[times / 2].shown, clock[times - 1].shown, processor[times / 2].shown,
                    processor[times - 1].shown) + (isSlow ? "  too slow" : isBounded ? "" : "  (no bound)"))
        }
        let names = slow.isEmpty ? "" : ": " + slow.joined(separator: ", ")
        say("\(slow.count) queries took more than \(bound.shown) ms\(names)")
        if !slow.isEmpty { throw ExitCode.failure }
    }

    private static func line(_ name: String, _ figures: String...) -> String {
        let widths = [10, 8, 20, 8]
        let padded = zip(figures, widths).map { figure, width in
            String(repeating: " ", count: max(1, width - figure.count)) + figure
        }
        return name + String(repeating: " ", count: max(1, 54 - name.count)) + padded.joined()
    }

    /// What all threads of this process computed, in milliseconds.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1_000_000
    }
}

private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

extension Double {
    fileprivate var shown: String { String(format: "%.1f", self) }
}
