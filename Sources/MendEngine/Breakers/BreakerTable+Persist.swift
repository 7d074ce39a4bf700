import GRDB
import MendProtocol

extension BreakerTable {
    /// Whether transitions wait to be written, whether or not somebody has been asked to: what a stop looks at.
    package var hasUnsaved: Bool { withBreakers { $0.hasUnsaved } }

    /// The breakers with transitions that have not been written, as they are now. They count as written from here on;
    /// where that fails, `markDirty` takes it back.
    package func takeDirty() -> [BreakerSnapshot] { withBreakers { $0.takeDirty() } }

    /// Makes breakers dirty again whose commit failed.
    package func markDirty(_ snapshots: [BreakerSnapshot]) { withBreakers { $0.markDirty(snapshots) } }

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
        let table = call.engine.breakers
        if let end = table.extendPermits() {
            call.engine.onRollback.append { table.shrinkPermits() }
            call.engine.counters.permit = end
        }
        let snapshots = table.takeDirty()
        call.engine.onRollback.append { table.markDirty(snapshots) }
        for snapshot in snapshots { try snapshot.save(call.db, at: call.now) }
        return Answer(breakers: snapshots.count)
    }
}
