import HeapModule
import MendProtocol

/// What a call waits for the end of.
enum Awaited: Hashable {
    case operation(Int64)
    case transaction(Int64)
}

/// A call that waits for the end of something.
struct EndWaiter {
    let ticket: Ticket
    let uid: UInt32
    let awaited: Awaited
    /// Elapsed time at which it is answered whatever has become of it.
    let deadlineMs: Int64
    /// What there is to say; nothing as long as it goes on, unless it is asked to say how things are.
    let answer: (Scope, _ asItIs: Bool) throws -> (any Encodable & Sendable)?
}

/// How many calls of each user wait.
struct WaitsByUser {
    private var counts: [UInt32: Int] = [:]

    subscript(uid: UInt32) -> Int { counts[uid] ?? 0 }

    mutating func add(_ change: Int, for uid: UInt32) {
        let count = self[uid] + change
        counts[uid] = count == 0 ? nil : count
    }
}

/// Calls that wait for the end of something, each with its deadline. They live as long as their connection does, so they
/// are in memory only.
///
/// Shared memory of the writer's thread: what changes here is undone through `Engine.onRollback`.
final class EndWaiters {
    private struct Entry {
        let waiter: EndWaiter
        /// Counts up: those who came first are answered first.
        let number: UInt64
    }

    private struct Deadline: Comparable {
        let dueMs: Int64
        let number: UInt64
        let ticket: Ticket

        static func < (left: Self, right: Self) -> Bool {
            (left.dueMs, left.number) < (right.dueMs, right.number)
        }
    }

    private var byTicket: [Ticket: Entry] = [:]
    private var byAwaited: [Awaited: Set<Ticket>] = [:]
    private var deadlines = Heap<Deadline>()
    private var lastNumber: UInt64 = 0
    /// What may have ended since they were looked at last.
    private var changed: Set<Awaited> = []

    private var byUser = WaitsByUser()

    var count: Int { byTicket.count }
    func count(of uid: UInt32) -> Int { byUser[uid] }

    func add(_ waiter: EndWaiter) {
        lastNumber += 1
        byUser.add(1, for: waiter.uid)
        byTicket[waiter.ticket] = Entry(waiter: waiter, number: lastNumber)
        byAwaited[waiter.awaited, default: []].insert(waiter.ticket)
        deadlines.insert(Deadline(dueMs: waiter.deadlineMs, number: lastNumber, ticket: waiter.ticket))
    }

    /// Ends a wait; tells whether there was one.
    func remove(_ ticket: Ticket) -> EndWaiter? {
        guard let waiter = byTicket.removeValue(forKey: ticket)?.waiter else { return nil }
        byUser.add(-1, for: waiter.uid)
        byAwaited[waiter.awaited]?.remove(ticket)
        if byAwaited[waiter.awaited]?.isEmpty == true { byAwaited[waiter.awaited] = nil }
        if deadlines.count > 2 * byTicket.count + 16 {
            deadlines = Heap(deadlines.unordered.filter { isWaiting($0) })
        }
        return waiter
    }

    /// Notes that something may have ended.
    func note(_ awaited: Awaited) {
        guard !byAwaited.isEmpty, byAwaited[awaited] != nil else { return }
        changed.insert(awaited)
    }

    /// Who waits for what may have ended, in the order in which they came.
    func takeChanged() -> [EndWaiter] {
        guard !changed.isEmpty else { return [] }
        defer { changed = [] }
        return changed.flatMap { byAwaited[$0] ?? [] }.compactMap { byTicket[$0] }
            .sorted { $0.number < $1.number }.map(\.waiter)
    }

    /// The next deadline; those of waits that are over are dropped.
    func nextDeadlineMs() -> Int64? {
        while let next = deadlines.min, !isWaiting(next) { deadlines.removeMin() }
        return deadlines.min?.dueMs
    }

    /// Who waits longest among those whose time is over.
    func firstExpired(at elapsedMs: Int64) -> EndWaiter? {
        guard let dueMs = nextDeadlineMs(), dueMs <= elapsedMs else { return nil }
        return deadlines.min.flatMap { byTicket[$0.ticket]?.waiter }
    }

    private func isWaiting(_ deadline: Deadline) -> Bool { byTicket[deadline.ticket]?.number == deadline.number }
}
