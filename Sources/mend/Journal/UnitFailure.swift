import MendProtocol
import MendWire

/// An entry of the journal that tells of a failure of a unit.
///
/// A unit's failure leaves several entries: of its process, of the unit, of the job that was to start it, of the core dump.
/// The unit's own is the one that is told. The others are told only where there is none, as of a job that failed because of
/// another unit, or of a process that was killed for want of memory in a unit that goes on.
struct UnitFailure {
    enum Kind: Equatable {
        case unitFailed(result: String)
        case jobFailed(result: String, type: String)
        case coreDumped
        case outOfMemory

        /// Whether there is a run of the unit that it is about.
        var hasBegun: Bool {
            if case .jobFailed(let result, _) = self { UnitFailure.begunJobs.contains(result) } else { true }
        }
    }

    let kind: Kind
    let unit: String
    /// The run of the unit that failed; nothing where none had begun.
    let invocation: String?
    /// What tells of it; nothing where the journal does not.
    let entry: JournalEntry?

    /// What a job can end with that is a failure of its unit; others were cancelled, or had nothing to do.
    private static let failedJobs: Set = ["failed", "timeout", "dependency", "invalid", "assert", "unsupported"]
    /// Of these, what ends a job after its unit has begun.
    fileprivate static let begunJobs: Set = ["failed", "timeout"]

    /// What reports needs itself: its failures would make reports that fail. `systemd/failure-reports/exempt.conf` is
    /// installed for the services among them.
    private static let plumbing: Set = [
        "mend.socket", "mend-guest.socket", "mend.service", "mend-journal.service", "mend-report-spool.service",
    ]
    private static let plumbingTemplate = "mend-report@"

    static func isPlumbing(_ unit: String) -> Bool { plumbing.contains(unit) || unit.hasPrefix(plumbingTemplate) }

    /// Nothing where it tells of none.
    init?(_ entry: JournalEntry) {
        let kind: Kind
        switch entry["MESSAGE_ID"] {
        case JournalMessage.unitFailed where entry.isOfManager:
            kind = .unitFailed(result: entry["UNIT_RESULT"] ?? "failed")
        case JournalMessage.jobFailed where entry.isOfManager, JournalMessage.jobReloaded where entry.isOfManager:
            guard let result = entry["JOB_RESULT"], Self.failedJobs.contains(result) else { return nil }
            kind = .jobFailed(result: result, type: entry["JOB_TYPE"] ?? "start")
        case JournalMessage.outOfMemory where entry.isOfManager: kind = .outOfMemory
        case JournalMessage.coreDumped where entry.isOfCoreDumps: kind = .coreDumped
        default: return nil
        }
        guard let unit = entry[kind == .coreDumped ? "COREDUMP_UNIT" : "UNIT"], !Self.isPlumbing(unit) else {
            return nil
        }
        (self.entry, self.kind, self.unit) = (entry, kind, unit)
        // Of a unit that has not begun it would be the one before.
        invocation = kind.hasBegun ? entry["INVOCATION_ID"] : nil
    }

    /// One of which the journal does not tell.
    init(_ kind: Kind, of unit: String, invocation: String?) {
        (self.kind, self.unit, self.invocation, entry) = (kind, unit, invocation, nil)
    }

    /// Whether another entry may tell of the same.
    var mayBeToldOtherwise: Bool {
        if case .unitFailed = kind { false } else { kind.hasBegun }
    }

    /// - Parameter others: what was written about the same unit, somewhat before and after.
    func isTold(by others: [JournalEntry]) -> Bool {
        others.contains { other in
            guard other.isUnitFailed else { return false }
            if let invocation { return other["INVOCATION_ID"] == invocation }
            return switch kind {
            case .coreDumped: other["UNIT_RESULT"] == "core-dump"
            case .jobFailed(let result, _): result == "failed"
            case .unitFailed, .outOfMemory: true
            }
        }
    }

    /// What happened, for people.
    var summary: String { told(of: unit) }

    private func told(of unit: String) -> String {
        switch kind {
        case .unitFailed(let result): "\(unit) failed with result \(result)"
        case .jobFailed("dependency", _): "\(unit) was not started, since a unit that it depends on failed"
        case .jobFailed(let result, let type): "the \(type) of \(unit) failed with result \(result)"
        case .coreDumped: "a process of \(unit) crashed"
        case .outOfMemory: "a process of \(unit) was killed for want of memory"
        }
    }

    // MARK: As a report

    /// Bytes and lines of the unit's log that are told.
    private static let mostLogBytes = 16 << 10
    private static let mostLogLines = 60

    /// As the import and `OnFailure=` tell it alike.
    func report(_ signals: ForwardedSignals) throws -> Errors.Report {
        guard let entry else { return report(after: []) }
        return report(
            after: try Journalctl(
                [
                    "--quiet", "--cursor=\(entry.cursor)", "--reverse", "--lines=\(Self.mostLogLines + 40)",
                    "_SYSTEMD_UNIT=\(unit)", "+", "UNIT=\(unit)", "_PID=1",
                ], signals: signals
            ).all())
    }

    /// - Parameter before: entries about the unit up to this one, the newest first.
    private func report(after before: [JournalEntry]) -> Errors.Report {
        let same = kind.hasBegun ? before.filter(isOfSameInvocation) : []
        let log = log(same)
        // The unit's name is the service; in a message its numbers would be taken for what differs each time.
        var report = Errors.Report(message: told(of: "the unit") + (log.last.map { ": \($0)" } ?? ""))
        report.service = unit
        report.action = "systemd unit"
        report.tags = ["systemd"]
        report.stderr = log.isEmpty ? nil : log.joined(separator: "\n")
        report.task = task
        report.once = task.map { _ in true }
        report.occurredAt = entry.flatMap { Timestamp($0.atUs / 1000) }
        report.context = context
        switch (exit(in: same), kind) {
        case (.signalled(let signal)?, _): report.signal = .number(signal)
        case (.exited(let status)?, _) where status != 0: report.exitStatus = status
        case (_, .coreDumped): report.signal = entry?["COREDUMP_SIGNAL"].flatMap { Int32($0) }.map { .number($0) }
        default: break
        }
        report.code = code
        if kind == .coreDumped { report.stack = entry?["MESSAGE"].map { .text($0) } }
        return report
    }

    /// What `OnFailure=` and the import know the same failure by, so that it is told once.
    private var task: String? {
        switch kind {
        // An invocation fails once.
        case .unitFailed: invocation.map { "unit-failure-\($0)" }
        case .jobFailed: entry.map { "job-failure-\(String($0.atUs, radix: 16))" }
        case .coreDumped, .outOfMemory: nil
        }
    }

    private func isOfSameInvocation(_ other: JournalEntry) -> Bool {
        guard let invocation else { return true }
        let theirs = other["_SYSTEMD_UNIT"] == unit ? other["_SYSTEMD_INVOCATION_ID"] : other["INVOCATION_ID"]
        return theirs == nil || theirs == invocation
    }

    /// What the unit itself wrote, the last line last.
    private func log(_ entries: [JournalEntry]) -> [String] {
        var lines: [String] = []
        var bytes = 0
        for entry in entries where entry["_SYSTEMD_UNIT"] == unit {
            guard let line = entry["MESSAGE"], lines.count < Self.mostLogLines else { continue }
            bytes += line.utf8.count + 1
            guard bytes <= Self.mostLogBytes else { break }
            lines.append(line)
        }
        return lines.reversed()
    }

    /// How its process ended: of several the one that did not end well, the last first.
    private func exit(in entries: [JournalEntry]) -> ChildEnd? {
        let exits = entries.compactMap { entry -> ChildEnd? in
            guard entry.isOfManager, entry["MESSAGE_ID"] == JournalMessage.processExited,
                let number = entry["EXIT_STATUS"].flatMap({ Int32($0) })
            else { return nil }
            return entry["EXIT_CODE"] == "exited" ? .exited(number) : .signalled(number)
        }
        return exits.first { $0 != .exited(0) }
    }

    /// Where we know it better than anybody who reads the status.
    private var code: String? {
        switch kind {
        case .unitFailed("timeout"), .unitFailed("watchdog"), .jobFailed("timeout", _): "process.timeout"
        case .unitFailed("oom-kill"), .outOfMemory: "process.out_of_memory"
        default: nil
        }
    }

    private var context: JSONObject? {
        var members = [("unit", unit)]
        if let entry { members.append(("cursor", entry.cursor)) }
        if let invocation { members.append(("invocation", invocation)) }
        switch kind {
        case .unitFailed(let result): members.append(("result", result))
        case .jobFailed(let result, let type): members += [("job", type), ("result", result)]
        case .coreDumped: members.append(("result", "core-dump"))
        case .outOfMemory: members.append(("result", "oom-kill"))
        }
        var writer = JSONWriter()
        for (place, member) in members.enumerated() {
            writer.writeRaw(place == 0 ? "{" : ",")
            writer.writeString(member.0)
            writer.writeRaw(":")
            writer.writeString(member.1)
        }
        writer.writeRaw("}")
        return JSONObject(RawJSON(unchecked: writer.text))
    }
}
