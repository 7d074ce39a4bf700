import Glibc
import MendProtocol

/// The failure of a unit for which systemd runs what `OnFailure=` names.
struct TriggeringFailure {
    /// Where it stands among what failed since.
    private static let mostEntries = 50

    let unit: String
    let signals: ForwardedSignals
    /// Success where the unit did not run at all; nothing of units that are no services.
    private let result = Self.monitored("RESULT", of: "SERVICE_")
    /// The run that failed, or the one before where there was none.
    private let monitoredRun = Self.monitored("INVOCATION_ID")

    init(unit: String, signals: ForwardedSignals) { (self.unit, self.signals) = (unit, signals) }

    /// What systemd.exec(5) says about whom it runs something for.
    private static func monitored(_ name: String, of kind: String = "") -> String? {
        getenv("MONITOR_\(kind)\(name)").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private var hasRun: Bool { result != "success" }
    var invocation: String? { hasRun ? monitoredRun : nil }

    /// - Parameter say: told where the journal could not be read.
    func report(_ say: (String) -> Void) throws -> Errors.Report {
        do {
            if let found = try inJournal() { return try found.report(signals) }
            say("the journal does not tell how \(unit) failed")
        } catch let interrupted as JournalInterrupted {
            throw CommandStatus(128 + interrupted.signal)
        } catch {
            say("the journal cannot be read: \(error)")
        }
        return try told()
    }

    private func inJournal() throws -> UnitFailure? {
        try Journalctl(
            [
                "--quiet", "--reverse", "--lines=\(Self.mostEntries)",
                "MESSAGE_ID=\(JournalMessage.unitFailed)",
                "MESSAGE_ID=\(JournalMessage.jobFailed)", "UNIT=\(unit)", "_PID=1",
            ], signals: signals
        ).all().lazy.compactMap { UnitFailure($0) }.first(where: isIt)
    }

    /// The unit's own failure, or that of a job before the unit began: what else fails triggers nothing.
    private func isIt(_ failure: UnitFailure) -> Bool {
        switch failure.kind {
        case .unitFailed: hasRun && (monitoredRun == nil || failure.invocation == monitoredRun)
        case .jobFailed("failed", _): false
        case .jobFailed: result == nil || !hasRun
        case .coreDumped, .outOfMemory: false
        }
    }

    /// As systemd itself tells it, without a word of the unit.
    private func told() throws -> Errors.Report {
        let kind: UnitFailure.Kind =
            hasRun ? .unitFailed(result: result ?? "unknown") : .jobFailed(result: "unknown", type: "start")
        var report = try UnitFailure(kind, of: unit, invocation: invocation).report(signals)
        let status = Self.monitored("EXIT_STATUS")
        switch Self.monitored("EXIT_CODE") {
        case "exited": report.exitStatus = status.flatMap { Int32($0) }
        case "killed", "dumped":
            report.signal = status.map { status in Int32(status).map { .number($0) } ?? .name("SIG\(status)") }
        default: break
        }
        return report
    }
}
