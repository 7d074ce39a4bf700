import Glibc
import MendClient
import MendProtocol
import MendWire

/// Failures of units on their way from the journal to the daemon, each once.
struct JournalImport {
    /// Where nothing says where to begin.
    private static let firstMs: Int64 = 86_400_000
    /// Before and after an entry, where others about the same failure stand.
    private static let beforeUs: Int64 = 60_000_000
    private static let afterUs: Int64 = 5_000_000

    let globals: GlobalOptions
    let since: Timestamp?
    let until: Timestamp?
    /// Names of units, with `*`, `?` and `[…]`; none for all.
    let units: [String]
    let follow: Bool
    let dryRun: Bool
    let link: DaemonLink
    let signals: ForwardedSignals

    /// Tells them, and ends the program with the status.
    func run() throws {
        var refused = 0
        do {
            let place = dryRun ? nil : try JournalPlace(units: units)
            let journal = try Journalctl(try arguments(place), signals: signals)
            while true {
                switch try journal.next() {
                case .end where follow:
                    throw UsageError("journalctl ended, although it was to follow the journal")
                case .end:
                    guard refused == 0 else { throw ExitStatus.failed }
                    return
                case .signal(let signal): throw JournalInterrupted(signal: signal)
                case .entry(let entry):
                    if let failure = UnitFailure(entry), isWanted(failure, entry) {
                        if try !tell(failure, entry) { refused += 1 }
                    }
                    try place?.keep(.after(cursor: entry.cursor))
                }
            }
        } catch let interrupted as JournalInterrupted {
            throw CommandStatus(follow ? 0 : 128 + interrupted.signal)
        } catch let failure as SystemFailure {
            throw UsageError(failure.description)
        } catch let failure as ChildProcess.StartFailure {
            throw UsageError(
                failure.message, hint: "journalctl comes with systemd; MEND_JOURNALCTL says where it is")
        }
    }

    // MARK: What is read

    private func arguments(_ place: JournalPlace?) throws -> [String] {
        var words: [String] = []
        switch try place.map({ try $0.read() }) ?? JournalPlace(units: units).read() {
        case .after(let cursor): words.append("--after-cursor=\(cursor)")
        case .since(let ms): words.append("--since=\(Self.point(ms * 1000))")
        case nil:
            let ms = since?.value ?? WallClock.system().nowMs - Self.firstMs
            // Where there is no failure yet, the next time goes on from here, whenever it is.
            try place?.keep(.since(ms: ms))
            words.append("--since=\(Self.point(ms * 1000))")
        }
        if let until { words.append("--until=\(Self.point(until.value * 1000))") }
        var hosts: [String] = []
        if follow {
            words += ["--follow", "--no-tail"]
            // By itself it follows the current boot alone, and what failed before a reboot would never be told. All that
            // there is holds other hosts' journals, too.
            if let host = Self.host() {
                words.append("--merge")
                hosts = ["_MACHINE_ID=\(host)"]
            }
        }
        let ofManager = hosts + ["_PID=1"]
        words += ofManager
        words += [JournalMessage.unitFailed, JournalMessage.jobFailed, JournalMessage.outOfMemory].map {
            "MESSAGE_ID=\($0)"
        }
        words += ["+"] + ofManager
        words += ["MESSAGE_ID=\(JournalMessage.jobReloaded)", "JOB_RESULT=failed", "JOB_RESULT=timeout"]
        words += ["+"] + hosts
        words += ["MESSAGE_ID=\(JournalMessage.coreDumped)", "_SYSTEMD_SLICE=\(JournalEntry.coreDumps)"]
        return words
    }

    /// By which the journal knows this host (machine-id(5)); nothing where it has none.
    private static func host() -> String? {
        let text = try? Input.all("/etc/machine-id")
        return text?.split(separator: "\n").first.map(String.init)
    }

    /// As systemd.time(7) has points in time.
    private static func point(_ us: Int64) -> String {
        let fraction = String(us % 1_000_000 + 1_000_000).dropFirst()
        return "@\(us / 1_000_000).\(fraction)"
    }

    private func isWanted(_ failure: UnitFailure, _ entry: JournalEntry) -> Bool {
        if let since, entry.atUs < since.value * 1000 { return false }
        return units.isEmpty || units.contains { fnmatch($0, failure.unit, 0) == 0 }
    }

    // MARK: What is told

    /// - Returns: false where the daemon does not take it, ever.
    private func tell(_ failure: UnitFailure, _ entry: JournalEntry) throws -> Bool {
        if failure.mayBeToldOtherwise, try isToldOtherwise(failure, atUs: entry.atUs) { return true }
        let report = try failure.report(signals)
        guard !dryRun else {
            try show(failure, entry, "report", WireEncoder.text(of: report), "would be reported")
            return true
        }
        var meta = Meta()
        meta.idempotencyKey = Self.key(entry)
        meta.correlation = failure.invocation.flatMap { Name($0) }
        guard let verdict = try deliver(report, meta, failure) else { return false }
        let place = "error \(verdict.error) of group \(verdict.group)"
        try show(
            failure, entry, "verdict", WireEncoder.text(of: verdict),
            verdict.repeated == true ? "told already, as \(place)" : place)
        return true
    }

    /// A cursor names its entry for good, and nothing but it.
    private static func key(_ entry: JournalEntry) -> IdempotencyKey? {
        IdempotencyKey("journal:" + String(decoding: entry.cursor.utf8.prefix(200), as: UTF8.self))
    }

    private func isToldOtherwise(_ failure: UnitFailure, atUs at: Int64) throws -> Bool {
        // What is written after it may not be there yet.
        let leftUs = at + Self.afterUs - WallClock.system().nowMs * 1000
        if follow, leftUs > 0, let signal = signals.waitForEnding(ms: min(leftUs, Self.afterUs) / 1000) {
            throw JournalInterrupted(signal: signal)
        }
        let others = try Journalctl(
            [
                "--quiet", "--since=\(Self.point(at - Self.beforeUs))", "--until=\(Self.point(at + Self.afterUs))",
                "MESSAGE_ID=\(JournalMessage.unitFailed)", "UNIT=\(failure.unit)", "_PID=1",
            ], signals: signals
        ).all()
        return failure.isTold(by: others)
    }

    private func deliver(_ report: Errors.Report, _ meta: Meta, _ failure: UnitFailure) throws -> Verdict? {
        let presence = DaemonPresence(Voice(globals))
        while true {
            do throws(ClientError) {
                let verdict = try link.call(report, meta: meta)
                presence.noteBack()
                return verdict
            } catch {
                if case .failed(let call) = error, !call.isRetryable, !error.isAbsence, ExitStatus(error) == .failed {
                    Notice.tell(
                        "\(failure.summary): the daemon does not take the report: \(call.message)", hint: call.hint)
                    return nil
                }
                guard follow, error.isWorthWaiting else { throw error }
                presence.noteAway(error)
                link.drop()
                if let signal = signals.waitForEnding(ms: 500) { throw JournalInterrupted(signal: signal) }
            }
        }
    }

    private func show(
        _ failure: UnitFailure, _ entry: JournalEntry, _ member: String, _ json: String, _ outcome: String
    ) throws {
        guard !globals.quiet else { return }
        var screen = Screen.standard(continued: true)
        if globals.json {
            var writer = JSONWriter()
            writer.writeRaw("{\"unit\":")
            writer.writeString(failure.unit)
            writer.writeRaw(",\"\(member)\":\(json)}")
            screen.line(writer.text)
        } else {
            let point = screen.clock.point(entry.atUs / 1000)
            screen.line("\(point) \(failure.summary.singleLine): \(outcome)")
        }
        try screen.flush()
    }
}
