import Glibc
import MendClient
import MendProtocol

/// A command on its way: its attempts, and what the daemon says between them.
final class CommandRun {
    /// No answer for so long is as good as none: signals are not heard meanwhile.
    private static let patienceMs: Int64 = 5000

    private let options: RunSettings
    private let link: DaemonLink
    private let signals: ForwardedSignals
    private let input: InputReplay
    private let last: LastOutput?
    private var number: Int64 = 1
    private var interruption: Interruption?

    /// What comes after a failed attempt.
    private enum Next {
        case again(afterMs: Int64)
        case giveUp
    }

    init(_ options: RunSettings) throws {
        self.options = options
        link = DaemonLink(options.globals, timeoutMs: Self.patienceMs)
        signals = try ForwardedSignals()
        input = try InputReplay(isReplayed: options.retry != nil || options.fallback != nil)
        last = try options.fallbackLastMs.map { try LastOutput(of: options.words, maxAgeMs: $0) }
    }

    /// Runs it, and ends the program with its status.
    static func conclude(_ settings: RunSettings) throws {
        do {
            let run = try CommandRun(settings)
            let status = try run.run()
            throw CommandStatus(status, run.interruption)
        } catch let failure as SystemFailure {
            Notice.tell(failure.description)
            throw CommandStatus(125)
        }
    }

    /// - Returns: the exit status.
    func run() throws -> Int32 {
        do throws(ClientError) {
            try link.connect()
        } catch {
            guard options.ifUnavailable == .proceed else { throw error }
            say("\(error.message); going on without the daemon")
        }
        while true {
            let permit = try acquire()
            if case .denied(let why) = permit {
                say(why)
                return try fallBack(from: ExitStatus.tryLater.rawValue)
            }
            let failed: FailedRun
            do {
                let outcome = try makeAttempt()
                guard outcome.status != 0 else {
                    record(permit, .success, outcome.durationMs)
                    try keep(outcome)
                    link.deliverKept(say)
                    return 0
                }
                failed = FailedRun(outcome)
            } catch let failure as ChildProcess.StartFailure {
                Notice.tell(failure.message)
                failed = FailedRun(failure)
            }
            if failed.endingSignal != nil {
                record(permit, .ignored, failed.durationMs)
                try HeldOutput.print(failed.output)
                interruption = failed.interruption
                return failed.status
            }
            guard case .again(let afterMs) = judge(failed, permit) else {
                return try fallBack(from: failed.status, printing: failed.output)
            }
            if let output = failed.output { close(output) }
            if let signal = signals.waitForEnding(ms: afterMs) {
                if signal == SIGINT { interruption = .ofUs }
                return 128 + signal
            }
            number += 1
        }
    }

    /// Where nobody reads what we say, we go on without it: a signal would not end us while we wait for that.
    private func say(_ text: String) {
        guard !options.globals.quiet else { return }
        var ready = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        if poll(&ready, 1, 1000) != 0 { Notice.tell(text) }
    }

    // MARK: One attempt

    private func makeAttempt() throws -> Attempt.Outcome {
        var attempt = Attempt(words: options.words)
        attempt.environment = [("MEND_ATTEMPT", String(number))]
        attempt.timeoutMs = options.timeoutMs
        attempt.killAfterMs = options.killAfterMs
        attempt.holdsOutput = options.holdOutput || last != nil
        return try attempt.run(input, signals: signals)
    }

    private func keep(_ outcome: Attempt.Outcome) throws {
        guard let output = outcome.output else { return }
        if let why = last?.save(output) { say(why) }
        try HeldOutput.print(output)
    }

    // MARK: The breaker

    private enum Permit {
        case granted(Int64)
        case denied(String)
        /// No breaker is asked.
        case none
    }

    private func acquire() throws(ClientError) -> Permit {
        guard let breaker = options.breaker else { return .none }
        let answer: Breaker.Acquire.Answer
        do throws(ClientError) {
            let canFallBack = options.fallback != nil || last != nil
            answer = try link.call(
                Breaker.Acquire(
                    breaker: breaker, hold: .connection, retry: number > 1 ? true : nil,
                    fallback: canFallBack ? true : nil))
        } catch {
            guard error.isAbsence, options.ifUnavailable == .proceed else { throw error }
            return .none
        }
        if let permit = answer.permit, answer.granted { return .granted(permit) }
        let after = answer.retryAfterMs.map { "; try again in \(DurationText.text($0))" } ?? ""
        return .denied("the breaker \(breaker.text) is \(answer.state.rawValue): \(answer.why)\(after)")
    }

    private func record(
        _ permit: Permit, _ outcome: Outcome, _ durationMs: Int64, as category: MendProtocol.Category? = nil
    ) {
        guard case .granted(let permit) = permit else { return }
        var error: Errors.Report?
        if let category {
            error = Errors.Report(message: options.words[0])
            error?.category = category
        }
        do throws(ClientError) {
            _ = try link.call(
                Breaker.Record(
                    permit: permit, outcome: outcome, durationMs: Milliseconds(durationMs), error: error))
        } catch {
            say("the breaker could not be told how it ended: \(error.message)")
        }
    }

    // MARK: What comes next

    private func judge(_ failed: FailedRun, _ permit: Permit) -> Next {
        guard options.onFailure == .report else {
            record(permit, .failure, failed.durationMs)
            return .giveUp
        }
        var report = failed.report(of: options.words, service: options.service)
        report.task = options.task
        report.attempt = Attempts(number)
        report.policy = options.retry
        guard let verdict = link.report(report, say: say) else {
            record(permit, .failure, failed.durationMs)
            if options.retry != nil { say("without a verdict there is no further attempt") }
            return .giveUp
        }
        record(permit, .failure, failed.durationMs, as: verdict.category)
        let what = "\(failed.summary(of: options.words)) (error \(verdict.error), group \(verdict.group))"
        guard options.retry != nil else {
            say("\(what): \(verdict.retry.allowed ? "trying again may help" : verdict.retry.text(verdict.strategy))")
            return .giveUp
        }
        guard verdict.retry.allowed, let afterMs = verdict.retry.afterMs else {
            say("\(what): no further attempt, \(verdict.retry.text(verdict.strategy)) [\(verdict.why)]")
            return .giveUp
        }
        guard input.isWhole else {
            say("\(what): standard input was longer than can be given again, so there is no further attempt")
            return .giveUp
        }
        say("\(what): attempt \(number + 1) follows in \(DurationText.text(afterMs)) [\(verdict.why)]")
        return .again(afterMs: afterMs)
    }

    /// What is done in the end, where the command failed or was not to be tried.
    private func fallBack(from status: Int32, printing output: Int32? = nil) throws -> Int32 {
        if let last {
            if let kept = try last.open() {
                say("printing what it printed \(DurationText.text(kept.ageMs)) ago")
                if let output { close(output) }
                try HeldOutput.print(kept.descriptor)
                return 0
            }
            say("there is nothing that it printed before, or it is too old")
        }
        guard let script = options.fallback else {
            try HeldOutput.print(output)
            return status
        }
        if let output { close(output) }
        var attempt = Attempt(words: ["/bin/sh", "-c", script])
        attempt.environment = [("MEND_STATUS", String(status))]
        var given = input
        if !input.isWhole {
            say("standard input was longer than can be given again, so the fallback has none")
            given = try InputReplay([UInt8]())
        }
        let outcome = try attempt.run(given, signals: signals)
        interruption = outcome.interruption
        return outcome.status
    }
}
