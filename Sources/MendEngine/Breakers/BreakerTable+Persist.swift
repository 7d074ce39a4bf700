import GRDB
import MendProtocol

extension BreakerTable {
    /// Whether transitions wait to be written, whether or not somebody has been asked to: what a stop looks at.
    package var hasUnsaved: Bool { withBreakers { $0.hasUnsaved } }

    /// What has not been written. It counts as written from here on; where that fails, `giveBack` takes it back.
    package func takeUnsaved() -> UnsavedBreakers { withBreakers { $0.takeUnsaved() } }

    /// Takes back what could not be written.
    package func giveBack(_ unsaved: UnsavedBreakers) { withBreakers { $0.giveBack(unsaved) } }

    /// Sets another block of permits aside when half of the last one is used.
    ///
    /// - Returns: the first permit that is not set aside now, to be made durable; nothing where there is enough.
    func extendPermits() -> Int64? { withBreakers { $0.extendPermits() } }

    /// Takes back an extension whose commit failed.
    func shrinkPermits() { withBreakers { $0.shrinkPermits() } }
}

extension WriterCall {
    /// The call by which the server has transitions written. It comes from nobody outside.
    package static func persistBreakers(ticket: Ticket) -> WriterCall {
        WriterCall(body: PersistBreakers(), ticket: ticket, caller: .daemon)
    }
}

/// Writes what the table has not written yet.
struct PersistBreakers: WriterBody {
    struct Answer: Encodable, Sendable {
        /// Breakers that were written.
        let breakers: Int
    }

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        Answer(breakers: try call.scope.persistBreakers())
    }
}

extension Scope {
    /// What the table has not written yet, and another block of permits where there are few.
    @discardableResult
    func persistBreakers() throws -> Int {
        let table = engine.breakers
        if let end = table.extendPermits() {
            engine.onRollback.append { table.shrinkPermits() }
            engine.counters.permit = end
        }
        return try writeBreakers()
    }

    /// Writes what the table has not written yet: the breakers as they are, and each of their transitions as an event.
    ///
    /// - Returns: how many breakers were written.
    @discardableResult
    func writeBreakers() throws -> Int {
        let table = engine.breakers
        let unsaved = table.takeUnsaved()
        let freed = table.takeFreed()
        guard !unsaved.snapshots.isEmpty || !freed.isEmpty else { return 0 }
        engine.onRollback.append {
            table.giveBack(unsaved)
            table.markFreed(freed)
        }
        for snapshot in unsaved.snapshots { try snapshot.save(db, at: now) }
        for (index, transition) in unsaved.transitions.enumerated() {
            try journal(transition.event(lostBefore: index == 0 ? unsaved.transitionsLost : 0))
        }
        for breaker in Set(freed).union(unsaved.snapshots.map(\.breaker)).sorted() { try breakerChanged(breaker) }
        return unsaved.snapshots.count
    }
}
