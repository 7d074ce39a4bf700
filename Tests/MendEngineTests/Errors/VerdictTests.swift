import MendProtocol
import MendRules
import MendWire
import Testing

@testable import MendEngine

@Suite("Verdicts")
struct VerdictTests {
    private func report(_ change: (inout Errors.Report) -> Void) -> Errors.Report {
        var report = Errors.Report(message: "it failed")
        change(&report)
        return report
    }

    private func context(_ json: String) throws -> JSONObject {
        try #require(JSONObject(try RawJSON(validating: json)))
    }

    private func rules(_ text: String, catalogue: String = "") throws -> Rulebook {
        try Rulebook(
            rules: [SourceText(file: "10-own.yaml", text: text)],
            catalogue: [SourceText(file: "10-own.yaml", text: catalogue)])
    }

    @Test("the policies that rules may name are those that there are")
    func policies() {
        #expect(Rulebook.policies == ResolvedPolicy.shipped.map(\.name))
    }

    // MARK: Retry-After

    @Test(
        "a server's Retry-After is waited for, in seconds, milliseconds or as a date",
        arguments: [
            (#"{"retry_after":120}"#, 120_000), (#"{"retry_after":"120"}"#, 120_000),
            (#"{"Retry-After":"120"}"#, 120_000),
            (#"{"retry_after_ms":90500}"#, 90_500), (#"{"retry_after":"Tue, 14 Nov 2023 22:15:20 GMT"}"#, 120_000),
            (#"{"retry_after":99999999}"#, 604_800_000),
        ] as [(String, Int64)])
    func retryAfter(json: String, afterMs: Int64) throws {
        let engine = try TestEngine()
        for status in [429, 503] as [Int32] {
            let verdict = try engine.call(
                report {
                    $0.httpStatus = status
                    $0.context = try? context(json)
                })
            #expect(verdict.retry.afterMs == afterMs)
        }
    }

    @Test(
        "what is no time, is over, or comes with another status decides nothing",
        arguments: [
            (503, #"{"retry_after":"soon"}"#), (503, #"{"retry_after":-5}"#), (503, #"{"retry_after":{"a":1}}"#),
            (503, #"{"retry_after":"Sun, 06 Nov 1994 08:49:37 GMT"}"#), (502, #"{"retry_after":120}"#),
        ] as [(Int32, String)])
    func noRetryAfter(status: Int32, json: String) throws {
        let verdict = try TestEngine().call(
            report {
                $0.httpStatus = status
                $0.context = try? context(json)
            })
        #expect(try #require(verdict.retry.afterMs) <= 1000)
    }

    @Test("an operation that fails with it comes back no earlier")
    func operation() throws {
        let engine = try TestEngine()
        try engine.call(Queue.Enqueue(queue: Name(unchecked: "q"), payload: RawJSON(unchecked: "1")))
        let leased = try engine.call(Queue.Lease(queues: [Name(unchecked: "q")])).operations[0]
        let failed = try engine.call(
            Queue.Fail(
                operation: leased.operation, lease: leased.lease,
                error: report {
                    $0.httpStatus = 429
                    $0.context = try? context(#"{"retry_after":3600}"#)
                }))
        #expect(failed.retryAt == engine.now.wallMs + 3_600_000)
    }

    @Test("where the policy's time would be over by then, it is not tried again")
    func beyondElapsed() throws {
        let verdict = try TestEngine().call(
            report {
                $0.httpStatus = 503
                $0.context = try? context(#"{"retry_after":3600}"#)
                $0.policy = .inline(RetryPolicy(maxElapsedMs: PositiveMilliseconds(600_000)))
            })
        #expect(!verdict.retry.allowed)
    }

    // MARK: Rules of an operator

    @Test("a rule's policy holds where the report names none, and its least delay in any case")
    func rulePolicy() throws {
        let engine = try TestEngine()
        engine.engine.rules.replace(
            with: try rules(
                "rules: [{name: own, when: {service: web}, then: {category: transient, retry: {policy: patient, after: 10m}}}]"
            ))
        var verdict = try engine.call(report { $0.service = "web" })
        #expect(verdict.retry.maxAttempts == 10 && verdict.retry.afterMs == 600_000 && verdict.why == "own")
        verdict = try engine.call(
            report {
                $0.service = "web"
                $0.policy = .named(Name(unchecked: "quick"))
            })
        #expect(verdict.retry.maxAttempts == 3 && verdict.retry.afterMs == 600_000)
    }

    @Test("rules that are replaced decide from then on, for reports, readers and breakers")
    func replaced() throws {
        let engine = try TestEngine()
        let one = report { $0.service = "web" }
        #expect(try engine.call(one).why == "no rule")
        engine.engine.rules.replace(
            with: try rules("rules: [{name: own, when: {service: web}, then: {category: validation}}]"))
        #expect(try engine.call(one).why == "own")
        #expect(try engine.call(Errors.Classify(error: one)).why == "own")
    }

    @Test("a verdict has the code's steps, plan and message, in the caller's language, filled from the masked report")
    func texts() throws {
        let engine = try TestEngine()
        engine.engine.rules.replace(
            with: try rules(
                "",
                catalogue: """
                    codes:
                      shop.closed: {message: Closed, category: business_logic, guidance: [Open it.], plan: reopen}
                    messages:
                      en: {shop.closed: "[{context.shop}|The shop] is closed for [{context.password}|you]."}
                      de: {shop.closed: "[{context.shop}|Der Laden] ist geschlossen."}
                    """))
        var one = report {
            $0.code = "shop.closed"
            $0.context = try? context(#"{"shop":"Corner","password":"hunter2"}"#)
        }
        var verdict = try engine.call(one)
        #expect(verdict.code == "shop.closed" && verdict.guidance == ["Open it."] && verdict.plan == "reopen")
        #expect(verdict.userMessage.hasPrefix("Corner is closed for "))
        #expect(!verdict.userMessage.contains("hunter2"))
        one.locale = "de-CH"
        verdict = try engine.call(one)
        #expect(verdict.userMessage == "Corner ist geschlossen.")
    }

    // MARK: Out of memory

    @Test("a killed process is one that ran out of memory where the kernel or the caller says so")
    func outOfMemory() throws {
        let engine = try TestEngine()
        func why(_ change: (inout Errors.Report) -> Void) throws -> String { try engine.call(report(change)).why }
        #expect(try why { $0.exitStatus = 137 } == "exit.137")
        #expect(
            try why {
                $0.exitStatus = 137
                $0.isKnownOutOfMemory = true
            } == "process.out_of_memory")
        for json in [#"{"oom_killed":true}"#, #"{"oom_kill":2}"#, #"{"service_result":"oom-kill"}"#] {
            #expect(
                try why {
                    $0.signal = .name("KILL")
                    $0.context = try? context(json)
                } == "process.out_of_memory")
        }
        for json in [#"{"oom_killed":false}"#, #"{"oom_kill":0}"#, #"{"service_result":"signal"}"#] {
            #expect(
                try why {
                    $0.signal = .number(9)
                    $0.context = try? context(json)
                } == "signal.SIGKILL")
        }
        #expect(
            try why {
                $0.exitStatus = 1
                $0.isKnownOutOfMemory = true
            } == "no rule")
    }

    @Test("a report from outside cannot say what the daemon knows")
    func notOnTheWire() throws {
        let report = try WireDecoder.decode(
            Errors.Report.self,
            from: try JSONDocument(parsing: #"{"message":"","isKnownOutOfMemory":true,"exit_status":137}"#).root)
        #expect(!report.isKnownOutOfMemory && report.ignored == ["isKnownOutOfMemory"])
    }
}

@Suite("Guidance, catalog and classify")
struct GuidanceTests {
    @Test("guidance by code")
    func code() throws {
        var call = Errors.Guidance()
        call.code = "posix.ENOSPC"
        call.locale = "de-AT"
        let answer = try TestEngine().call(call)
        #expect(answer.code == "posix.ENOSPC" && answer.message == "The file system is full" && answer.error == nil)
        #expect((answer.category, answer.severity, answer.strategy) == (.resource, .high, .wait))
        #expect(answer.httpStatus == 507 && !answer.guidance.isEmpty)
        #expect(answer.userMessage.hasPrefix("Es ist kein Speicherplatz"))
    }

    @Test("guidance by error follows the rule that decided then, in the report's language")
    func error() throws {
        let engine = try TestEngine()
        var report = Errors.Report(message: "write: No space left on device")
        report.errno = .number(28)
        report.severity = .critical
        report.locale = "es"
        var call = Errors.Guidance()
        call.error = try engine.call(report).error
        let answer = try engine.call(call)
        #expect(answer.error == call.error && answer.code == "posix.ENOSPC" && answer.why == "errno.ENOSPC")
        #expect(answer.severity == .critical)
        #expect(answer.userMessage.hasPrefix("No queda espacio"))
    }

    @Test("an error without a code has its category's steps")
    func category() throws {
        let engine = try TestEngine()
        var report = Errors.Report(message: "x")
        report.category = .inventory
        var call = Errors.Guidance()
        call.error = try engine.call(report).error
        let answer = try engine.call(call)
        #expect(answer.code == nil && answer.message == nil && answer.strategy == .reconcile)
        #expect(answer.guidance == Rulebook.shipped.category(.inventory).guidance)
        #expect(answer.userMessage.hasPrefix("The records do not agree."))
    }

    @Test("a code or an error that is not there is told, and one of the two is needed")
    func refusals() throws {
        let engine = try TestEngine()
        var call = Errors.Guidance()
        #expect(try engine.refusal(call)?.reason == .invalidParams)
        call.code = "posix.ENOSPCE"
        let unknown = try engine.refusal(call)
        #expect(unknown?.reason == .notFound && unknown?.hint == "did you mean posix.ENOSPC?")
        call.error = 1
        #expect(try engine.refusal(call)?.field == "error")
        call.code = nil
        #expect(try engine.refusal(call)?.reason == .notFound)
    }

    @Test("the catalog comes page by page, in alphabetical order")
    func catalog() throws {
        let engine = try TestEngine()
        var call = Errors.Catalog()
        call.limit = PageSize(7)
        var codes: [String] = []
        while true {
            let page = try engine.call(call)
            codes += page.codes.map(\.code)
            guard let next = page.next else { break }
            call.after = next
        }
        #expect(codes == Rulebook.shipped.codes)
        call = Errors.Catalog()
        call.prefix = "container."
        #expect(try engine.call(call).codes.count == 7)
        call.prefix = "none."
        #expect(try engine.call(call).codes == [])
    }

    @Test("classify answers what report would, with what led to it, and stores nothing")
    func classify() throws {
        let engine = try TestEngine()
        var report = Errors.Report(message: "connect: Connection refused")
        report.exitStatus = 7
        report.stderr = "curl: (7) Failed to connect to db port 5432: Connection refused"
        report.policy = .named(Name(unchecked: "patient"))
        let answer = try engine.call(Errors.Classify(error: report))
        #expect(answer.why == "curl.7" && answer.rules == ["curl.7", "text.refused"])
        #expect(answer.facts == ["exit_status=7", "curl=7"])
        #expect(answer.retry.allowed && answer.retry.maxAttempts == 10)
        #expect(try engine.number("SELECT count(*) FROM errors") == 0)
        let verdict = try engine.call(report)
        #expect(verdict.why == answer.why && verdict.category == answer.category && verdict.code == answer.code)
        #expect(verdict.guidance == answer.guidance)
    }

    @Test("what is told of the facts has no secrets")
    func masked() throws {
        var report = Errors.Report(message: "x")
        report.code = "token=abcdefghijklmnop"
        let answer = try TestEngine().call(Errors.Classify(error: report))
        #expect(!answer.facts.joined().contains("abcdefgh"))
    }

    @Test("a policy that is not there is refused with its place")
    func policy() throws {
        var report = Errors.Report(message: "x")
        report.policy = .named(Name(unchecked: "quik"))
        #expect(try TestEngine().refusal(Errors.Classify(error: report))?.field == "error.policy")
    }
}
