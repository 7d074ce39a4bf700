import Glibc
import Synchronization

/// One run of the fuzzer: counts what was done, ends it after as many lines as were asked for, and says so.
package final class FuzzSession: Sendable {
    private struct State {
        var tally = Tally()
        var inputs = 0
        var saidAt = ContinuousClock.now
    }

    private let name: String
    private let probe: @Sendable ([UInt8]) throws(Finding) -> Tally
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    /// Nothing where time alone ends the run.
    private let maxLines: Int?

    /// `FUZZ_RUNS` in the environment is the number of lines.
    package init(_ name: String, _ probe: @escaping @Sendable ([UInt8]) throws(Finding) -> Tally) {
        self.name = name
        self.probe = probe
        maxLines = getenv("FUZZ_RUNS").flatMap { Int(String(cString: $0)) }
    }

    package func take(_ input: [UInt8]) {
        let tally: Tally
        do throws(Finding) {
            tally = try probe(input)
        } catch {
            say("\n\(name): \(error)")
            // libFuzzer keeps the input, and reports where this was found.
            abort()
        }
        let (lines, isTimeToSay) = state.withLock { state in
            state.inputs += 1
            state.tally += tally
            let now = ContinuousClock.now
            let isTime = now - state.saidAt >= .seconds(10)
            if isTime { state.saidAt = now }
            return (state.tally.lines, isTime)
        }
        if let maxLines, lines >= maxLines {
            end()
            // libFuzzer takes exit() inside of a run for a crash.
            _exit(0)
        }
        if isTimeToSay { say("\(name): \(lines) lines after \(seconds) s") }
    }

    package func end() {
        let (tally, inputs) = state.withLock { ($0.tally, $0.inputs) }
        say(
            """
            \(name): \(tally.lines) lines in \(inputs) inputs, \(seconds) s: \(tally.results) results, \
            \(tally.refusals) errors, \(tally.notifications) notifications, \(tally.late) answered late, \
            \(tally.abandoned) waits given up; 0 crashes, 0 hangs, 0 wrong answers
            """)
    }

    private var seconds: Int64 { (ContinuousClock.now - start).components.seconds }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
