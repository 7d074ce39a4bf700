import GRDB
import MendProtocol

/// How something ended that the host knows of; rates and recovery are reckoned from these. The numbers are those on disk.
enum OutcomeKind: Int64, CaseIterable, Sendable {
    /// Operations of a queue: completed at the first attempt, or after a failure; an attempt that failed; dead.
    case completed, recovered, failed, died
    /// Calls behind a breaker's permits.
    case breakerSuccess, breakerFailure
    /// Transactions by name.
    case committed, rolledBack, incomplete, parked
}

struct OutcomeKey: Hashable, Comparable, Sendable {
    let kind: OutcomeKind
    /// Of the queue, the breaker or the transaction.
    let name: String

    static func < (left: OutcomeKey, right: OutcomeKey) -> Bool {
        (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
    }
}

/// How things ended in this minute. It is written when the minute is over, with whatever commit comes then: a crash loses
/// a minute of it at most, and no call waits for it.
final class OutcomeTally {
    /// Names of one kind in a minute; beyond, they are counted together, under no name.
    private static let namesAtMost = 1_000

    private var counts: [OutcomeKey: Int64] = [:]
    private var names: [OutcomeKind: Int] = [:]
    private var minute: Int64 = .min
    /// Of the batch that is not committed yet.
    private var pending: [OutcomeKey] = []
    /// Whether the batch that is not committed yet writes what was counted.
    private var isWritten = false
    /// What the table had counted when it was last asked.
    private var breakers: [Name: BreakerCalls] = [:]

    func add(_ kind: OutcomeKind, _ name: String) { pending.append(OutcomeKey(kind: kind, name: name)) }

    /// Writes the minute that is over; nothing while it goes on.
    func write(_ db: Database, minute now: Int64, rolledHour: () throws -> Int64, _ table: BreakerTable) throws {
        guard minute != now, !isWritten else { return }
        addCalls(of: table)
        guard !counts.isEmpty else {
            minute = now
            return
        }
        try store(db, rolledHour: try rolledHour())
        isWritten = true
    }

    /// Writes what there is, as the daemon ends.
    func writeAll(_ db: Database, rolledHour: Int64, _ table: BreakerTable) throws {
        addCalls(of: table)
        try store(db, rolledHour: rolledHour)
        counts.removeAll()
    }

    private func store(_ db: Database, rolledHour: Int64) throws {
        let minutes = try db.cachedStatement(
            sql: """
                INSERT INTO outcome_minutes (minute, kind, name, count) VALUES (?, ?, ?, ?)
                ON CONFLICT (minute, kind, name) DO UPDATE SET count = count + excluded.count
                """)
        let hours = try db.cachedStatement(
            sql: """
                INSERT INTO outcome_hours (hour, kind, name, count) VALUES (?, ?, ?, ?)
                ON CONFLICT (hour, kind, name) DO UPDATE SET count = count + excluded.count
                """)
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
            try minutes.execute(arguments: [minute, key.kind.rawValue, key.name, count])
            guard minute / 60 < rolledHour else { continue }
            try hours.execute(arguments: [minute / 60, key.kind.rawValue, key.name, count])
        }
    }

    /// The batch is on disk.
    func committed(minute now: Int64) {
        if isWritten {
            isWritten = false
            counts.removeAll(keepingCapacity: true)
            names.removeAll(keepingCapacity: true)
        }
        if counts.isEmpty { minute = now }
        for key in pending { count(key, 1) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Where a part of a batch begins that may be taken back alone.
    var mark: Mark { Mark(pending: pending.count, isWritten: isWritten) }

    struct Mark {
        fileprivate let pending: Int
        fileprivate let isWritten: Bool
    }

    func takeBack(to mark: Mark) {
        pending.removeLast(max(0, pending.count - mark.pending))
        isWritten = mark.isWritten
    }

    private func count(_ key: OutcomeKey, _ number: Int64) {
        var key = key
        if counts[key] == nil {
            if names[key.kind, default: 0] < Self.namesAtMost {
                names[key.kind, default: 0] += 1
            } else {
                key = OutcomeKey(kind: key.kind, name: "")
            }
        }
        counts[key, default: 0] += number
    }

    /// The table counts for itself since it was made; a breaker that is made anew begins at nothing.
    private func addCalls(of table: BreakerTable) {
        let calls = table.calls()
        for (name, now) in calls {
            let before = breakers[name] ?? BreakerCalls()
            let isNew = now.successes < before.successes || now.failures < before.failures
            let successes = isNew ? now.successes : now.successes - before.successes
            let failures = isNew ? now.failures : now.failures - before.failures
            if successes > 0 { count(OutcomeKey(kind: .breakerSuccess, name: name.text), successes) }
            if failures > 0 { count(OutcomeKey(kind: .breakerFailure, name: name.text), failures) }
        }
        breakers = calls
    }
}

/// How many calls behind a breaker succeeded and failed since its table was made.
package struct BreakerCalls: Hashable, Sendable {
    var successes: Int64 = 0
    var failures: Int64 = 0
}

extension BreakerTable {
    /// Only those that were called.
    func calls() -> [Name: BreakerCalls] {
        withBreakers { breakers in
            breakers.sorted.reduce(into: [:]) { calls, entry in
                let tally = entry.machine.tally
                guard tally.successes > 0 || tally.failures > 0 else { return }
                calls[entry.name] = BreakerCalls(successes: tally.successes, failures: tally.failures)
            }
        }
    }
}
