import ArgumentParser
import Dispatch
import MendSimulation
import Synchronization

/// Runs the engine from many seeds, with crashes at every commit, and says which invariants held.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mend-simulate")

    @Option(help: "How many seeds.") var seeds: UInt64 = 200
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "Steps of each seed.") var steps = 300

    func run() throws {
        let next = Atomic<UInt64>(from)
        let crashes = Atomic<Int>(0)
        let failures = Mutex<[(seed: UInt64, text: String)]>([])
        let end = from + seeds
        DispatchQueue.concurrentPerform(iterations: 2) { _ in
            while true {
                let seed = next.add(1, ordering: .relaxed).oldValue
                guard seed < end, failures.withLock({ $0.count }) < 5 else { return }
                switch Result(catching: { try Simulation(seed: seed, steps: steps).run() }) {
                case .success(.held(let count)): crashes.add(count, ordering: .relaxed)
                case .success(.broken(let failure)):
                    let text = (failure.trace + ["seed \(seed), step \(failure.step): \(failure.violation)"])
                        .joined(separator: "\n")
                    failures.withLock { $0.append((seed, text)) }
                case .failure(let error): failures.withLock { $0.append((seed, "seed \(seed): \(error)")) }
                }
                if (seed - from + 1).isMultiple(of: 1000) { print("\(seed - from + 1) of \(seeds) seeds") }
            }
        }
        let broken = failures.withLock { $0 }
        for failure in broken {
            print(failure.text)
            print("again: make simulate SEEDS=1 FROM=\(failure.seed) STEPS=\(steps)")
        }
        let total = crashes.load(ordering: .relaxed)
        print("\(seeds) seeds of \(steps) steps, \(total) crashes and reboots: \(broken.count) broke an invariant")
        if !broken.isEmpty { throw ExitCode.failure }
    }
}
