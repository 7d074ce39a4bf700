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
    }

    let entry: JournalEntry
    let kind: Kind
    let unit: String
    let invocation: String?

    /// What a job can end with that is a failure of its unit; others were cancelled, or had nothing to do.
    private static let failedJobs: Set = ["failed", "timeout", "dependency", "invalid", "assert", "unsupported"]

    /// Mend's own: their failures would make entries that make failures.
    private static let ownUnits: Set = ["mend.service", "mend.socket", "mend-guest.socket"]
    private static let ownTemplates = ["mend-report@", "mend-undo@", "mend-worker@"]

    /// Nothing where it tells of none.
    init?(_ entry: JournalEntry) {
        let kind: Kind
        switch entry["MESSAGE_ID"] {
        case JournalMessage.unitFailed where entry.isOfManager:
            kind = .unitFailed(result: entry["UNIT_RESULT"] ?? "failed")
        case JournalMessage.jobFailed where entry.isOfManager:
            guard let result = entry["JOB_RESULT"], Self.failedJobs.contains(result) else { return nil }
            kind = .jobFailed(result: result, type: entry["JOB_TYPE"] ?? "start")
        case JournalMessage.outOfMemory where entry.isOfManager: kind = .outOfMemory
        case JournalMessage.coreDumped where entry.isOfCoreDumps: kind = .coreDumped
        default: return nil
        }
        guard let unit = entry[kind == .coreDumped ? "COREDUMP_UNIT" : "UNIT"] else { return nil }
        guard !Self.ownUnits.contains(unit), !Self.ownTemplates.contains(where: { unit.hasPrefix($0) }) else {
            return nil
        }
        (self.entry, self.kind, self.unit, invocation) = (entry, kind, unit, entry["INVOCATION_ID"])
    }

    /// Whether another entry may tell of the same.
    var mayBeToldOtherwise: Bool {
        if case .unitFailed = kind { false } else { true }
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
    var summary: String {
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
    static let mostLogLines = 60

    /// - Parameter before: entries about the unit up to this one, the newest first.
    func report(after before: [JournalEntry]) -> Errors.Report {
        let same = before.filter(isOfSameInvocation)
        let log = log(same)
        var report = Errors.Report(message: summary + (log.last.map { ": \($0)" } ?? ""))
        report.service = unit
        report.action = "systemd unit"
        report.stderr = log.isEmpty ? nil : log.joined(separator: "\n")
        if case .unitFailed = kind, let invocation {
            // As report-unit names it, which `OnFailure=` runs. An invocation fails once.
            report.task = "unit-failure-\(invocation)"
            report.once = true
        }
        report.occurredAt = Timestamp(entry.atUs / 1000)
        report.context = context
        switch (exit(in: same), kind) {
        case (.signalled(let signal)?, _): report.signal = .number(signal)
        case (.exited(let status)?, _) where status != 0: report.exitStatus = status
        case (_, .coreDumped): report.signal = entry["COREDUMP_SIGNAL"].flatMap { Int32($0) }.map { .number($0) }
        default: break
        }
        report.code = code
        if kind == .coreDumped { report.stack = entry["MESSAGE"].map { .text($0) } }
        return report
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
        var members = [("unit", unit), ("cursor", entry.cursor)]
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
