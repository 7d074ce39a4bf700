import GRDB
import MendProtocol
import MendWire
import Testing

@testable import MendEngine

@Suite("Reports")
struct ReportTests {
    @Test("a report is stored with everything that was told and known, and is found by its id")
    func stored() throws {
        let store = try ErrorStore()
        let verdict = try store.report(
            json: #"""
                {"message": "cannot connect", "code": "x.y", "type": "Oops", "action": "dialing", "task": "t1",
                 "stack": ["a", "b"], "context": {"n": 1.10}, "tags": ["x"], "attempt": 2, "policy": "quick",
                 "errno": "ECONNREFUSED", "exit_status": 7, "signal": 9, "http_status": 503, "sqlstate": "08006",
                 "stderr": "e", "duration_ms": 5, "occurred_at": 17, "locale": "de"}
                """#)
        let stored = try store.get(verdict.error)
        #expect(stored.message == "cannot connect")
        #expect(stored.service == "backup.service")
        #expect((stored.code, stored.type, stored.task) == ("x.y", "Oops", "t1"))
        #expect((stored.category, stored.severity, stored.strategy) == (.transient, .medium, .retry))
        #expect(stored.why == "sqlstate.08")
        #expect((stored.occurredAt, stored.reportedAt) == (17, store.now.wallMs))
        #expect((stored.uid, stored.pid) == (1000, 42))
        #expect((stored.command, stored.unit) == ("backup", "backup.service"))
        #expect(stored.group == verdict.group)
        #expect(
            stored.details.text
                == #"{"action":"dialing","stack":["a","b"],"context":{"n": 1.10},"tags":["x"],"attempt":2,"policy":"quick","exit_status":7,"signal":9,"errno":"ECONNREFUSED","http_status":503,"sqlstate":"08006","stderr":"e","duration_ms":5,"locale":"de"}"#
        )
    }

    @Test("a report of a message alone is enough")
    func messageAlone() throws {
        let store = try ErrorStore()
        store.caller = Caller(uid: 5, pid: 6, role: .client)
        let verdict = try store.report("")
        let stored = try store.get(verdict.error)
        #expect(stored.service == "unknown")
        #expect((stored.message, stored.details.text) == ("", "{}"))
        #expect(stored.occurredAt == store.now.wallMs)
        #expect((verdict.category, verdict.why) == (.unknown, "no rule"))
    }

    @Test("the service is what was told, or the caller's unit, or its command")
    func service() throws {
        let store = try ErrorStore()
        #expect(try store.get(store.report("a") { $0.service = "web" }.error).service == "web")
        #expect(try store.get(store.report("a") { $0.service = "" }.error).service == "backup.service")
        store.caller.unit = nil
        #expect(try store.get(store.report("a").error).service == "backup")
    }

    @Test("members that are not known are kept and named")
    func unknownMembers() throws {
        let store = try ErrorStore()
        let verdict = try store.report(json: #"{"message": "a", "zone": {"x": 1.0}, "host": "h", "token": "abc"}"#)
        #expect(verdict.ignored == ["zone", "host", "token"])
        #expect(
            try store.get(verdict.error).details.text
                == #"{"zone":{"x": 1.0},"host":"h","token":"[masked]"}"#)
        #expect(try store.report("a").ignored == nil)
    }

    @Test("no secret is stored, wherever it stands")
    func masked() throws {
        let store = try ErrorStore()
        let verdict = try store.report(
            json: #"""
                {"message": "password=S3CRET", "service": "x token=S3CRET", "code": "token=S3CRET",
                 "type": "token=S3CRET", "action": "curl https://u:S3CRET@h", "task": "token=S3CRET",
                 "stack": ["token=S3CRET"], "context": {"a": {"password": "S3CRET"}}, "tags": ["token=S3CRET"],
                 "stderr": "Authorization: Bearer S3CRET", "fingerprint": "token=S3CRET", "locale": "token=S3CRET",
                 "sqlstate": "token=S3CRET", "other": "token=S3CRET"}
                """#)
        let stored = try WireEncoder.text(of: store.get(verdict.error))
        #expect(!stored.contains("S3CRET"))
        #expect(stored.contains("[masked]"))
        let groups = try store.write { scope in
            try Row.fetchAll(scope.db, sql: "SELECT * FROM error_groups").map(\.description).joined()
        }
        #expect(!groups.contains("S3CRET"))
    }

    @Test("rules see the text as it came, before it is masked")
    func classifiedBeforeMasking() throws {
        let store = try ErrorStore()
        #expect(try store.report("a") { $0.stderr = "password=curl: (7) x" }.why == "curl.7")
    }

    @Test("one problem is one group, counted, and new once")
    func groups() throws {
        let store = try ErrorStore()
        let one = try store.report("user 1 not found")
        let two = try store.report("user 22 not found")
        let other = try store.report("no such table")
        #expect(one.group == two.group && one.group != other.group)
        #expect([one, two, other].map(\.occurrences) == [1, 2, 1])
        #expect([one, two, other].map(\.isNew) == [true, false, true])
        #expect([one, two, other].map(\.isRegression) == [false, false, false])
        #expect(other.group == one.group + 1)
        #expect(store.engine.counters.reports == 3)
        #expect(store.engine.counters.errorGroup == other.group)
    }

    @Test("a verdict has the texts of its category")
    func texts() throws {
        let verdict = try ErrorStore().report("a") { $0.category = .validation }
        #expect(verdict.userMessage == "The input is not valid. Please check it.")
        #expect(verdict.guidance.count == 2)
        #expect(verdict.why == "the caller's category")
        #expect(verdict.retry == RetryDecision(allowed: false, afterMs: nil, attempt: 1, maxAttempts: 5))
    }

    @Test(
        "only what may help is retried", arguments: MendProtocol.Category.allCases)
    func retried(category: MendProtocol.Category) throws {
        let verdict = try ErrorStore().report("a") { $0.category = category }
        let helps: Set<MendProtocol.Category> = [
            .transient, .resource, .system, .notification, .dependency, .unknown,
        ]
        #expect(verdict.retry.allowed == helps.contains(category))
        #expect((verdict.retry.afterMs != nil) == verdict.retry.allowed)
    }

    @Test("of one service and task, a failure that is told with `once` is stored once, and that one is answered")
    func once() throws {
        let store = try ErrorStore()
        func tell(_ message: String, service: String = "web", task: String? = "run-1") throws -> Verdict {
            try store.report(message) { ($0.service, $0.task, $0.once) = (service, task, true) }
        }
        let first = try tell("it failed")
        #expect((first.isNew, first.repeated) == (true, nil))
        let second = try tell("the same in other words")
        #expect((second.error, second.group, second.occurrences) == (first.error, first.group, 1))
        #expect((second.isNew, second.repeated) == (false, true))
        #expect(try store.count("errors") == 1)
        #expect(store.engine.counters.reports == 1)
        for other in [try tell("a", service: "api"), try tell("a", task: "run-2"), try tell("a", task: nil)] {
            #expect(other.repeated == nil)
        }
        #expect(try store.report("a") { ($0.service, $0.task) = ("web", "run-1") }.repeated == nil)
        #expect(try store.count("errors") == 5)
    }

    @Test(
        "what another user says keeps no report away, but what root or the host's own reporter says",
        arguments: [(1001, nil), (33, nil), (997, true), (0, true)] as [(UInt32, Bool?)])
    func onceOfOthers(uid: UInt32, repeated: Bool?) throws {
        let store = try ErrorStore()
        func tell() throws -> Verdict {
            try store.report("it failed") { ($0.service, $0.task, $0.once) = ("web.service", "run-1", true) }
        }
        store.engine.settings.reporterUID = 997
        store.caller.uid = uid
        _ = try tell()
        store.caller.uid = 1000
        #expect(try tell().repeated == repeated)
    }

    @Test("the report's policy and attempt decide over the retry")
    func policy() throws {
        let store = try ErrorStore()
        func retry(_ attempt: Int64) throws -> RetryDecision {
            try store.report("a") {
                $0.category = .transient
                $0.attempt = Attempts(attempt)
                $0.policy = .inline(RetryPolicy(strategy: .fixed, baseMs: .init(70), jitter: RetryPolicy.Jitter.none))
            }.retry
        }
        #expect(try retry(4) == RetryDecision(allowed: true, afterMs: 70, attempt: 4, maxAttempts: 5))
        #expect(try retry(5) == RetryDecision(allowed: false, afterMs: nil, attempt: 5, maxAttempts: 5))
    }

    @Test("a policy that does not exist is refused before anything is changed")
    func unknownPolicy() throws {
        let store = try ErrorStore()
        let before = store.engine.counters
        let error = #expect(throws: CallError.self) {
            try store.report("a") { $0.policy = .named(Name(unchecked: "fast")) }
        }
        #expect(error?.field == "policy")
        #expect(store.engine.counters == before)
        #expect(try store.count("errors") + store.count("error_groups") == 0)
    }

    @Test("an operation's attempt and policy come before the report's")
    func operation() throws {
        let store = try ErrorStore()
        var report = Errors.Report(message: "a")
        report.category = .transient
        report.attempt = Attempts(1)
        report.policy = .named(Name(unchecked: "quick"))
        var policy = ResolvedPolicy.standard
        policy.jitter = .decorrelated
        policy.maxElapsedMs = 10_000
        let allowed = try store.write {
            try $0.take(
                report, caller: store.caller, correlation: .task,
                attempt: FailedAttempt(number: 3, elapsedSinceFirstFailureMs: 1, lastDelayMs: 1_000), policy: policy)
        }
        #expect(allowed.retry.allowed && allowed.retry.attempt == 3 && allowed.retry.maxAttempts == 5)
        #expect((1_000...3_000).contains(allowed.retry.afterMs ?? 0))
        #expect(try store.get(allowed.error).task == "task-7")
        let late = try store.write {
            try $0.take(
                report, caller: store.caller,
                attempt: FailedAttempt(number: 3, elapsedSinceFirstFailureMs: 10_000), policy: policy)
        }
        #expect(!late.retry.allowed)
    }
}

@Suite("Long reports")
struct LongReportTests {
    static let long = String(repeating: "é", count: 100_000)

    @Test("long texts are cut with a mark, and never refused")
    func cut() throws {
        let store = try ErrorStore()
        let verdict = try store.report(Self.long) {
            $0.service = Self.long
            $0.code = Self.long
            $0.stderr = Self.long + " the end"
            $0.stack = .frames(Array(repeating: String(repeating: "f", count: 1_000), count: 100))
            $0.tags = Array(repeating: Self.long, count: 100)
            $0.action = Self.long
        }
        let stored = try store.get(verdict.error)
        #expect(stored.message.hasSuffix("é [cut]") && stored.message.utf8.count <= ErrorLimits.message)
        #expect(stored.service.hasSuffix("é [cut]") && stored.service.utf8.count <= ErrorLimits.name)
        let details = try stored.details.document.root
        let stderr = try #require(details["stderr"]?.stringValue)
        #expect(stderr.hasPrefix("[cut] é") && stderr.hasSuffix(" the end") && stderr.utf8.count <= ErrorLimits.stderr)
        let frames = try #require(details["stack"]).elements.compactMap(\.stringValue)
        #expect(frames.last == "[cut]" && frames.count == 33)
        #expect(details["tags"]?.count == ErrorLimits.tags)
        #expect(details["action"]?.stringValue?.hasSuffix("[cut]") == true)
    }

    @Test("what fits exactly is not cut")
    func fits() throws {
        let store = try ErrorStore()
        let message = String(repeating: "x", count: ErrorLimits.message)
        #expect(try store.get(store.report(message).error).message == message)
    }

    @Test("a context that is too long is kept as the beginning of its text")
    func context() throws {
        let store = try ErrorStore()
        let verdict = try store.report(json: #"{"message": "a", "context": {"a": "\#(Self.long)"}}"#)
        let context = try store.get(verdict.error).details.document.root["context"]?.stringValue
        #expect(context?.hasPrefix(#"{"a": "éé"#) == true && context?.hasSuffix("é [cut]") == true)
    }

    @Test("details are bounded; what is left out is counted")
    func manyMembers() throws {
        let store = try ErrorStore()
        let members = (1...50).map { #""m\#($0)": "\#(String(repeating: "x", count: 10_000))""# }.joined(separator: ",")
        let verdict = try store.report(json: #"{"message": "a", \#(members)}"#)
        let details = try store.get(verdict.error).details
        #expect(details.text.utf8.count <= ErrorLimits.details + 64)
        #expect(try details.document.root["[cut]"]?.stringValue == "37 members")
        #expect(verdict.ignored?.count == 50)
    }

    @Test("a verdict names no more ignored members than it can")
    func manyNames() throws {
        let members = (1...1_000).map { #""m\#($0)": 1"# }.joined(separator: ",")
        let verdict = try ErrorStore().report(json: #"{"message": "a", \#(members)}"#)
        #expect(verdict.ignored?.count == ErrorLimits.ignored)
    }

    @Test("a secret at the place of the cut is not half kept")
    func secretAtTheCut() throws {
        let store = try ErrorStore()
        let text = "password=" + String(repeating: "s", count: ErrorLimits.stderr)
        let details = try store.get(store.report("a") { $0.stderr = text }.error).details
        #expect(details.text == #"{"stderr":"password=[masked]"}"#)
    }
}
