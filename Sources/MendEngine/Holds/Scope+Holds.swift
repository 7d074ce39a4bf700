import GRDB
import MendProtocol

extension Scope {
    /// What `owner` is on disk: 0 for a connection, else the id of its row.
    func ownerID(_ owner: Owner?) throws -> Int64? {
        guard let owner else { return nil }
        guard case .process(let process) = owner else { return 0 }
        let find = try db.cachedStatement(
            sql: "SELECT id FROM owners WHERE pid = ? AND start_ticks = ? AND boot_id = ? AND uid = ?")
        let arguments: StatementArguments = [process.pid, process.startTicks, process.bootID, process.uid]
        if let id = try Int64.fetchOne(find, arguments: arguments) { return id }
        let id = engine.counters.next(\.owner)
        try db.cachedStatement(
            sql: "INSERT INTO owners (pid, start_ticks, boot_id, uid, id) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: arguments + [id])
        return id
    }

    /// Ties something to its owner.
    func attach(_ held: HoldTable.Held, to owner: Owner?) {
        guard let owner else { return }
        let holds = engine.holds
        holds.insert(held, owner)
        engine.onRollback.append { holds.remove(held) }
    }

    /// Unties something that has ended.
    func detach(_ held: HoldTable.Held) {
        let holds = engine.holds
        if holds.adopt(held) { engine.onRollback.append { holds.orphan(held) } }
        guard let owner = holds.owner(of: held) else { return }
        holds.remove(held)
        engine.onRollback.append { holds.insert(held, owner) }
    }

    /// Whoever presents the token of something whose connection was lost with an earlier run of the daemon owns it from
    /// here on.
    func adopt(_ held: HoldTable.Held, by ticket: Ticket) {
        let holds = engine.holds
        guard holds.adopt(held) else { return }
        engine.onRollback.append { holds.orphan(held) }
        attach(held, to: .connection(ConnectionOwner(ticket.origin)))
    }

    /// Ends what is tied to an owner that has ended.
    func end(_ owner: Owner, because cause: LeaseEnd) throws {
        for held in engine.holds.held(by: owner).sorted() { try end(held, because: cause) }
        if case .process(let process) = owner {
            if engine.waiters.expire(ownedBy: owner, at: now.elapsedMs) { engine.note(dueAt: now.elapsedMs) }
            try db.cachedStatement(
                sql: "DELETE FROM owners WHERE pid = ? AND start_ticks = ? AND boot_id = ? AND uid = ?"
            ).execute(arguments: [process.pid, process.startTicks, process.bootID, process.uid])
        }
    }

    private func end(_ held: HoldTable.Held, because cause: LeaseEnd) throws {
        detach(held)
        switch held {
        case .lease(let id, let lease):
            guard let operation = try knownOperation(id), operation.state == .leased, operation.lease == lease else {
                return
            }
            try lose(operation, because: cause)
        case .transaction(let id): try ownerEnded(transaction: id)
        }
    }

    // MARK: After a restart

    /// Ends what nobody has presented again in the time of grace, and after a reboot what was tied to processes and
    /// connections that no longer are; answers when to look again.
    func settleOrphans() throws -> Int64? {
        guard !engine.holds.orphans.isEmpty else { return nil }
        guard now.elapsedMs >= engine.graceUntilMs else { return engine.graceUntilMs }
        for held in engine.holds.orphans.sorted().prefix(Self.orphansLimit) { try end(held, because: .restart) }
        return engine.holds.orphans.isEmpty ? nil : now.elapsedMs
    }

    private static let orphansLimit = 256
}

extension HoldTable.Held: Comparable {
    /// Leases first, each kind in the order in which it was given: the order in which ends are applied must not depend on
    /// hashing.
    static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.lease(_, let left), .lease(_, let right)): left < right
        case (.transaction(let left), .transaction(let right)): left < right
        case (.lease, .transaction): true
        case (.transaction, .lease): false
        }
    }
}

/// Why a lease ended without its worker having said how.
enum LeaseEnd {
    case timeUp
    case ownerEnded
    /// The daemon or the host was restarted: nothing about the operation.
    case restart
}
