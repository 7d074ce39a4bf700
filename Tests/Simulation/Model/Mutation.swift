/// A deliberate fault of the engine, planted beneath it as a trigger of its database: what the simulation must find.
package struct Mutation: Sendable, CustomStringConvertible {
    package let invariant: Invariant
    package let description: String
    let sql: String

    init(_ invariant: Invariant, _ description: String, _ sql: String) {
        self.invariant = invariant
        self.description = description
        self.sql = sql
    }

    package static let all = ofMainJob + ofQueues + ofHolds + ofTransactions
}
