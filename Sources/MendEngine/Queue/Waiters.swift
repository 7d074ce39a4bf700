import HeapModule
import MendProtocol

/// A lease call that waits for something to be ready.
struct Waiter {
    let ticket: Ticket
    let caller: Caller
    let owner: Owner?
    let call: Queue.Lease
    let deadlineMs: Int64
    /// Nobody is there any more for whom it waits.
    var isOwnerGone = false
}

/// Lease calls that wait, first come first served on each queue. They live as long as their connection does, so they are
/// in memory only.
struct Waiters {
    private struct Deadline: Comparable {
        let dueMs: Int64
        let ticket: Ticket

        static func < (left: Deadline, right: Deadline) -> Bool { left.dueMs < right.dueMs }
    }

    /// When those who wait on a queue are woken though nothing happens.
    private struct Wake: Comparable {
        let dueMs: Int64
        let queue: Name

        static func < (left: Wake, right: Wake) -> Bool { (left.dueMs, left.queue) < (right.dueMs, right.queue) }
    }

    private var byTicket: [Ticket: Waiter] = [:]
    /// Tickets in the order in which they came. Those that ended are dropped when the line is walked.
    private var lines: [Name: [Ticket]] = [:]
    private var deadlines = Heap<Deadline>()
    /// How many tickets of ended waits a line may still hold.
    private var endedInLines: [Name: Int] = [:]
    /// Queues on which something became ready while somebody waited.
    private(set) var woken: Set<Name> = []
    private var wakes = Heap<Wake>()
    /// The time of each queue's wake, so that it has one.
    private var wakeTimes: [Name: Int64] = [:]
    /// Answers to those who were served in this batch.
    private var served: [CallOutcome] = []

    private var byUser = WaitsByUser()

    var count: Int { byTicket.count }
    func count(of uid: UInt32) -> Int { byUser[uid] }

    /// Processes that what is waited for will be tied to.
    var processes: [ProcessIdentity] { byTicket.values.compactMap { $0.owner?.process } }

    mutating func add(_ waiter: Waiter) {
        byTicket[waiter.ticket] = waiter
        byUser.add(1, for: waiter.caller.uid)
        for queue in waiter.call.queues { lines[queue, default: []].append(waiter.ticket) }
        deadlines.insert(Deadline(dueMs: waiter.deadlineMs, ticket: waiter.ticket))
    }

    /// Ends a wait; tells whether there was one.
    mutating func remove(_ ticket: Ticket) -> Waiter? {
        guard let waiter = byTicket.removeValue(forKey: ticket) else { return nil }
        byUser.add(-1, for: waiter.caller.uid)
        for queue in waiter.call.queues { noteEnded(on: queue) }
        if deadlines.count > 2 * byTicket.count + 16 {
            deadlines = Heap(deadlines.unordered.filter { byTicket[$0.ticket] != nil })
        }
        return waiter
    }

    /// Drops ended waits from a line once they are most of it, so that a line is as long as its waits are many.
    private mutating func noteEnded(on queue: Name) {
        guard let line = lines[queue] else { return }
        let ended = endedInLines[queue, default: 0] + 1
        guard ended > line.count / 2 else {
            endedInLines[queue] = ended
            return
        }
        let waiting = line.filter { byTicket[$0] != nil }
        lines[queue] = waiting.isEmpty ? nil : waiting
        endedInLines[queue] = nil
    }

    /// Notes that something on `queue` may now be leased.
    mutating func wake(_ queue: Name) {
        if lines[queue] != nil { woken.insert(queue) }
    }

    /// Notes that something on `queue` may be leased from `dueMs` on.
    mutating func wake(_ queue: Name, atMs dueMs: Int64) {
        guard lines[queue] != nil, dueMs < wakeTimes[queue] ?? .max else { return }
        wakeTimes[queue] = dueMs
        wakes.insert(Wake(dueMs: dueMs, queue: queue))
    }

    /// Wakes those whose time has come; answers when the next one comes.
    mutating func wakeDue(at elapsedMs: Int64) -> Int64? {
        while let next = wakes.min {
            let isOutdated = wakeTimes[next.queue] != next.dueMs
            guard isOutdated || next.dueMs <= elapsedMs else { return next.dueMs }
            wakes.removeMin()
            if isOutdated { continue }
            wakeTimes[next.queue] = nil
            wake(next.queue)
        }
        return nil
    }

    mutating func takeWoken() -> Set<Name> {
        defer { woken = [] }
        return woken
    }

    /// Ends a wait with its answer.
    mutating func serve(_ waiter: Waiter, _ outcome: CallOutcome) {
        _ = remove(waiter.ticket)
        served.append(outcome)
    }

    mutating func takeServed(_ outcomes: inout [CallOutcome]) {
        guard !served.isEmpty else { return }
        outcomes += served
        served = []
    }

    /// Who waits longest on `queue`.
    mutating func first(on queue: Name) -> Waiter? {
        guard var line = lines[queue] else { return nil }
        let waiting = line.firstIndex { byTicket[$0] != nil } ?? line.endIndex
        if waiting > line.startIndex {
            line.removeSubrange(..<waiting)
            lines[queue] = line.isEmpty ? nil : line
        }
        return line.first.flatMap { byTicket[$0] }
    }

    /// The ends of waits, the next one first; those of waits that are over are dropped.
    mutating func nextDeadlineMs() -> Int64? {
        while let next = deadlines.min, byTicket[next.ticket] == nil { deadlines.removeMin() }
        return deadlines.min?.dueMs
    }

    /// Ends the time of those who wait in the name of an owner that has ended; tells whether there were any.
    mutating func expire(ownedBy owner: Owner, at elapsedMs: Int64) -> Bool {
        let tickets = byTicket.values.filter { $0.owner == owner }.map(\.ticket)
        for ticket in tickets {
            byTicket[ticket]?.isOwnerGone = true
            deadlines.insert(Deadline(dueMs: elapsedMs, ticket: ticket))
        }
        return !tickets.isEmpty
    }

    /// Takes out a waiter whose time is over.
    mutating func takeExpired(at elapsedMs: Int64) -> Waiter? {
        guard let due = nextDeadlineMs(), due <= elapsedMs else { return nil }
        return remove(deadlines.removeMin().ticket)
    }
}
