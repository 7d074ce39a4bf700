/// A run of the world from one seed.
package struct Simulation: Sendable {
    package var seed: UInt64
    package var steps: Int
    package var mutation: Mutation?

    package init(seed: UInt64, steps: Int = 300, mutation: Mutation? = nil) {
        self.seed = seed
        self.steps = steps
        self.mutation = mutation
    }

    /// What was broken, and how it came to it.
    package struct Failure: Sendable {
        package let violation: Violation
        package let step: Int
        package let trace: [String]
    }

    /// How much was tried.
    package struct Run: Sendable {
        package let steps: Int
        package let crashes: Int
    }

    package enum Ending: Sendable {
        case held(Run)
        case broken(Failure)
    }

    /// Runs it; where an invariant is broken, once more with a trace.
    package func runAndExplain() throws -> Ending {
        switch try run(traces: false) {
        case .held(let run): .held(run)
        case .broken: try run(traces: true)
        }
    }

    package func run(traces: Bool = false) throws -> Ending {
        let world = try World(seed: seed, mutation: mutation, traces: traces)
        do {
            for _ in 0..<steps { try world.step() }
            try world.finish()
            return .held(Run(steps: world.steps, crashes: world.crashes))
        } catch let violation as Violation {
            return .broken(Failure(violation: violation, step: world.steps, trace: Array(world.trace.last)))
        }
    }
}
