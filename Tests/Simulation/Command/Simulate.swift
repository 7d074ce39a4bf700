import ArgumentParser
import Foundation
import MendSimulation
import Synchronization

/// Runs the engine from many seeds, with crashes at every commit, and says which invariants held.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mend-simulate")

    @Option(help: "How many seeds.") var seeds: UInt64 = 200
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "Steps of each seed.") var steps = 300

    /// Seeds that may fail before the rest is left alone.
    private static let failuresMaxCount = 5

    func validate() throws {
        guard seeds >= 1, steps >= 1 else { throw ValidationError("there must be at least one seed and one step") }
        guard !from.addingReportingOverflow(seeds).overflow else { throw ValidationError("there is no such seed") }
    }

    func run() throws {
        let next = Atomic<UInt64>(from)
        let tally = Mutex(Tally())
        let end = from + seeds
        let began = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
            while true {
                let seed = next.add(1, ordering: .relaxed).oldValue
                guard seed < end, tally.withLock({ $0.failures }) < Self.failuresMaxCount else { return }
                let ending = Result { try Simulation(seed: seed, steps: steps).runAndExplain() }
                tally.withLock { tally in
                    let told = tally.take(ending, seed: seed)
                    if let told {
                        say(told)
                        say("again: make simulate SEEDS=1 FROM=\(seed) STEPS=\(steps)")
                    }
                    tally.seeds += 1
                    let seconds = (ContinuousClock.now - began).components.seconds
                    guard seconds >= tally.saidAtSeconds + 10 else { return }
                    tally.saidAtSeconds = seconds
                    say("\(tally.seeds) of \(seeds) seeds after \(seconds) s")
                }
            }
        }
        let total = tally.withLock { $0 }
        say("\(total.seeds) seeds, \(total.steps) steps, \(total.crashes) crashes, \(total.failures) violations")
        if total.failures > 0 { throw ExitCode.failure }
    }

    /// A log must have it at once.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

/// What came of the seeds so far.
private struct Tally {
    var seeds: UInt64 = 0
    var steps = 0
    var crashes = 0
    var failures = 0
    var saidAtSeconds: Int64 = 0

    /// - Returns: what to tell of a seed that failed.
    mutating func take(_ ending: Result<Simulation.Ending, any Error>, seed: UInt64) -> String? {
        switch ending {
        case .success(.held(let run)):
            steps += run.steps
            crashes += run.crashes
            return nil
        case .success(.broken(let failure)):
            failures += 1
            steps += failure.step
            return (failure.trace + ["seed \(seed), step \(failure.step): \(failure.violation)"])
                .joined(separator: "\n")
        case .failure(let error):
            failures += 1
            return "seed \(seed): \(error)"
        }
    }
}
