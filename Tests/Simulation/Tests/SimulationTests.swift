import MendSimulation
import Testing

@Suite("The engine in simulation")
struct SimulationTests {
    @Test("no invariant is broken from 200 seeds, with crashes at every commit", arguments: 0..<8)
    func seeds(share: Int) throws {
        for seed in 1...25 {
            let simulation = Simulation(seed: UInt64(share * 25 + seed), steps: 200)
            if case .broken(let failure) = try simulation.run() {
                Issue.record("seed \(simulation.seed), step \(failure.step): \(failure.violation)")
            }
        }
    }

    @Test("a fault that is planted for each invariant is found", arguments: Mutation.all)
    func mutations(mutation: Mutation) throws {
        for seed in 1...100 {
            let simulation = Simulation(seed: UInt64(seed), mutation: mutation)
            guard case .broken(let failure) = try simulation.run() else { continue }
            if failure.violation.invariant == mutation.invariant { return }
        }
        Issue.record("nobody noticed that \(mutation)")
    }

    @Test("there is a planted fault for each invariant")
    func complete() {
        #expect(Set(Mutation.all.map(\.invariant)) == Set(Invariant.allCases))
    }
}
