import GRDB
import MendEngine
import MendProtocol

/// One set of messages, reported to an engine of its own one after the other, as the only service.
struct Trial {
    private final class Origin: CallOrigin {}

    private struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let messages: [LabelledMessage]
    /// Of each message, when all have been reported.
    private let groups: [Int64]
    let microsecondsPerReport: Double

    init(_ messages: [LabelledMessage]) throws {
        self.messages = messages
        let database = try DatabaseQueue()
        var settings = EngineSettings()
        settings.userReportsPerMinute = .max
        let start = ClockReading(bootID: "boot", sinceBootMs: 1000, wallMs: 1_700_000_000_000)
        let engine = try Engine(opening: database, settings: settings, reading: start, seed: 1)
        let origin = Origin()
        let caller = Caller(uid: 1000, pid: 1, role: .client)
        var verdicts: [Int64] = []
        let began = ContinuousClock.now
        for (number, labelled) in messages.enumerated() {
            var report = Errors.Report(message: labelled.message)
            report.service = "measured"
            let call = WriterCall(
                report, ticket: Ticket(origin: origin, number: UInt64(number)), caller: caller, meta: Meta())
            let now = engine.timeBase.moment(
                ClockReading(
                    bootID: "boot", sinceBootMs: 1000 + Int64(number), wallMs: 1_700_000_000_000 + Int64(number)))
            guard let verdict = try engine.commit([call], now: now).first?.result.get() as? Verdict else {
                throw Failed(description: "a report has no verdict")
            }
            verdicts.append(verdict.group)
        }
        microsecondsPerReport = (ContinuousClock.now - began) / .microseconds(messages.count)
        let merged = try database.read { db in
            try Row.fetchAll(db, sql: "SELECT id, merged_into FROM error_groups WHERE merged_into IS NOT NULL")
                .reduce(into: [Int64: Int64]()) { $0[$1[0]] = $1[1] }
        }
        groups = verdicts.map { merged[$0] ?? $0 }
    }

    /// The share of messages whose group holds exactly the messages of their template.
    var accuracy: Double {
        let sizes = Dictionary(grouping: messages, by: \.template).mapValues(\.count)
        let right = members.values.filter { group in
            group.allSatisfy { $0.template == group[0].template } && sizes[group[0].template] == group.count
        }
        return Double(right.reduce(0) { $0 + $1.count }) / Double(max(messages.count, 1))
    }

    /// The groups that are wrong, with an example of each.
    var failures: [String] {
        let sizes = Dictionary(grouping: messages, by: \.template).mapValues(\.count)
        return members.sorted { $0.key < $1.key }.compactMap { id, group in
            let counts = Dictionary(grouping: group, by: \.template).mapValues(\.count)
            guard counts.count > 1 || sizes[group[0].template] != group.count else { return nil }
            let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) of \(sizes[$0.key] ?? 0) of \($0.key)" }
            return "group \(id): \(parts.joined(separator: ", ")): \(group[0].message)"
        }
    }

    private var members: [Int64: [LabelledMessage]] {
        Dictionary(grouping: zip(groups, messages), by: \.0).mapValues { $0.map(\.1) }
    }
}
