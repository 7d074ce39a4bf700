import GRDB
import MendProtocol
import MendWire

extension Scope {
    /// The queue of that name, where there is one.
    func queue(_ name: Name) throws -> QueueRecord? {
        if let known = engine.queues.known(name) { return known }
        if engine.queues.isMissing(name) { return nil }
        let statement = try db.cachedStatement(sql: "SELECT * FROM queues WHERE name = ?")
        guard let row = try Row.fetchOne(statement, arguments: [name.text]) else {
            engine.queues.noteMissing(name)
            return nil
        }
        return try engine.queues.remember(row)
    }

    func queue(id: Int64) throws -> QueueRecord {
        if let known = engine.queues.known(id) { return known }
        let statement = try db.cachedStatement(sql: "SELECT * FROM queues WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "queue \(id) is missing")
        }
        return try engine.queues.remember(row)
    }

    /// The queue of that name, for a call that needs it.
    func existingQueue(_ name: Name) throws -> QueueRecord {
        guard let queue = try queue(name) else { throw CallError.noQueue(name) }
        return queue
    }

    /// The queue of that name, made where it is missing: by one user a quarter of those that there may be.
    func queueForEnqueue(_ name: Name, by caller: Caller) throws -> QueueRecord {
        if let queue = try queue(name) { return queue }
        let most = engine.settings.queueMaxCount
        let count = try Int.fetchOne(db.cachedStatement(sql: "SELECT count(*) FROM queues")) ?? 0
        guard count < most else {
            throw CallError(
                .tooLarge, "there are \(most) queues already", field: "queue",
                hint: "use fewer queue names, and tell apart by payload")
        }
        let share = max(1, most / 4)
        let own = try db.cachedStatement(sql: "SELECT count(*) FROM queues WHERE uid = ?")
        if caller.role != .operator, try Int.fetchOne(own, arguments: [caller.uid]) ?? 0 >= share {
            throw CallError(
                .tooLarge, "user \(caller.uid) has made \(share) queues already", field: "queue",
                hint: "use fewer queue names, and tell apart by payload")
        }
        return try newQueue(name, uid: caller.uid)
    }

    /// The queue of that name, made where it is missing whatever the limits: undos are promised.
    func queueForUndo(_ name: Name, uid: UInt32) throws -> QueueRecord {
        try queue(name) ?? newQueue(name, uid: uid)
    }

    private func newQueue(_ name: Name, uid: UInt32) throws -> QueueRecord {
        let id = engine.counters.next(\.queue)
        try db.cachedStatement(sql: "INSERT INTO queues (id, name, uid) VALUES (?, ?, ?)")
            .execute(arguments: [id, name.text, uid])
        return try queue(id: id)
    }
}

extension Scope {
    /// Refuses to fill a queue to those who are none of its producers.
    func checkMayFill(_ queue: QueueRecord?, by caller: Caller, field: String) throws(CallError) {
        guard let queue, let producers = queue.settings.producers, !producers.admit(caller) else { return }
        throw CallError(
            .permissionDenied, "the queue \(queue.name) takes operations of its producers only; this one was not kept",
            field: field, hint: "an operator can add user \(caller.uid) or a group of yours with queue.configure")
    }

    /// Refuses to lease from a queue to those who are none of its consumers.
    func checkMayDrain(_ name: Name, by caller: Caller, field: String) throws {
        try caller.checkMayUse(name, field: field)
        guard let queue = try queue(name), let consumers = queue.settings.consumers, !consumers.admit(caller) else {
            return
        }
        throw CallError(
            .permissionDenied, "the queue \(name) hands out operations to its consumers only", field: field,
            hint: "an operator can add user \(caller.uid) or a group of yours with queue.configure")
    }
}

extension Name {
    /// The user to whom a queue named `undo.UID` belongs.
    var ownerOfUndos: UInt32? {
        guard text.hasPrefix("undo.") else { return nil }
        return UInt32(text.dropFirst("undo.".count))
    }
}

extension Caller {
    /// Refuses a queue named `undo.UID` to everybody but that user: what is in it is run as that user.
    func checkMayUse(_ queue: Name, field: String) throws(CallError) {
        guard let owner = queue.ownerOfUndos, owner != uid else { return }
        throw CallError(
            .permissionDenied, "the queue \(queue) belongs to user \(owner), and you are \(uid)", field: field,
            hint: "undos of your own go to undo.\(uid)")
    }
}

/// Refuses texts that are longer than the daemon keeps.
func check(_ text: String?, atMost maxBytes: Int, field: String) throws(CallError) {
    guard let text else { return }
    // SQLite's texts end at the first one.
    let hasNUL = text.utf8.withContiguousStorageIfAvailable { $0.contains(0) }
    if hasNUL ?? text.utf8.contains(0) {
        throw CallError(.invalidParams, "\(field) must not contain NUL", field: field)
    }
    try check(bytes: text.utf8.count, atMost: maxBytes, field: field)
}

/// Refuses JSON that is longer than the daemon keeps. There is no NUL in it: JSON has it escaped.
func check(_ json: RawJSON?, atMost maxBytes: Int, field: String) throws(CallError) {
    guard let json else { return }
    try check(bytes: json.text.utf8.count, atMost: maxBytes, field: field)
}

private func check(bytes: Int, atMost maxBytes: Int, field: String) throws(CallError) {
    guard bytes > maxBytes else { return }
    throw CallError(.tooLarge, "\(field) has \(bytes) bytes; at most \(maxBytes) are kept", field: field)
}

extension CallError {
    static func noQueue(_ name: Name) -> CallError {
        CallError(
            .notFound, "there is no queue \(name)", field: "queue",
            hint: "a queue begins with its first queue.enqueue; queue.stats names those there are")
    }
}
