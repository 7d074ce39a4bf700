import Foundation
import MendProtocol
import Testing

@testable import MendRules

/// A rulebook with files of an operator.
func rulebook(rules: String..., catalogue: String...) throws -> Rulebook {
    func sources(_ texts: [String], _ name: String) -> [SourceText] {
        texts.enumerated().map { SourceText(file: "\($0 + 1)-\(name).yaml", text: $1) }
    }
    return try Rulebook(rules: sources(rules, "rules"), catalogue: sources(catalogue, "catalog"))
}

/// Everything that is wrong in the files.
func problems(rules: String = "", catalogue: String = "") -> [String] {
    do {
        _ = try rulebook(rules: rules, catalogue: catalogue)
        return []
    } catch let problems as RuleProblems {
        return problems.all.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

@Suite("Files of rules")
struct RuleFileTests {
    private func why(_ book: Rulebook, _ change: (inout Errors.Report) -> Void) -> String {
        var report = Errors.Report(message: "it failed")
        change(&report)
        return book.classify(report).why
    }

    private func rule(_ name: String, _ when: String) -> String {
        "rules:\n  - name: \(name)\n    when: {\(when)}\n    then: {category: data}\n"
    }

    @Test("all conditions must hold, and of a list any")
    func conditions() throws {
        let book = try rulebook(rules: rule("mine", "service: [backup, archive], errno: [ENOSPC, 122], code: a.b"))
        func whyWith(_ service: String, _ errno: Int32, _ code: String) -> String {
            why(book) {
                $0.service = service
                $0.errno = .number(errno)
                $0.code = code
            }
        }
        #expect(whyWith("backup", 28, "a.b") == "mine")
        #expect(whyWith("archive", 122, "a.b") == "mine")
        #expect(whyWith("other", 28, "a.b") == "errno.ENOSPC")
        #expect(whyWith("backup", 28, "a.c") == "errno.ENOSPC")
        #expect(whyWith("backup", 111, "a.b") == "errno.ECONNREFUSED")
    }

    @Test(
        "a word may have a star before, behind and inside",
        arguments: [
            ("Payment*", "PaymentDeclined", true), ("*Declined", "PaymentDeclined", true),
            ("*Dec*", "PaymentDeclined", true), ("P*t*d", "PaymentDeclined", true), ("P*d*P", "PaymentDeclined", false),
            ("Payment*", "APaymentDeclined", false), ("aba*ba", "aba", false), ("*", "x", false),
        ])
    func words(pattern: String, type: String, matches: Bool) throws {
        guard pattern != "*" else {
            #expect(problems(rules: rule("mine", "type: '*'")).first?.contains("beside *") == true)
            return
        }
        let book = try rulebook(rules: rule("mine", "type: '\(pattern)'"))
        #expect((why(book) { $0.type = type } == "mine") == matches)
    }

    @Test(
        "a text is found in the message, in standard error or in either, in any case",
        arguments: [
            ("message: upstream gone", "The UPSTREAM gone away", "", true),
            ("message: upstream gone", "no", "upstream gone", false),
            ("stderr: upstream gone", "no", "x\nupstream gone\n", true),
            ("text: upstream gone", "upstream gone", "", true),
            ("text: upstream gone", "no", "upstream gone", true),
            ("text: upstream gone", "upstream is gone", "", false),
            ("message: 'upstream * gone'", "the upstream db-3 is gone", "", true),
            ("message: 'upstream * gone'", "gone upstream x", "", false),
            ("message: {starts: upstream}", "upstream gone", "", true),
            ("message: {starts: upstream}", "the upstream", "", false),
            ("message: {starts: 'up*gone'}", "upstream gone", "", true),
            ("message: {starts: 'up*gone'}", "the upstream gone", "", false),
            ("message: {contains: [abc, upstream]}", "upstream gone", "", true),
        ])
    func texts(condition: String, message: String, stderr: String, matches: Bool) throws {
        let book = try rulebook(rules: rule("mine", condition))
        var report = Errors.Report(message: message)
        report.stderr = stderr
        #expect((book.classify(report).why == "mine") == matches)
    }

    @Test("numbers may be ranges and classes")
    func ranges() throws {
        let book = try rulebook(
            rules: rule("http", "http_status: [5xx, 418-420]"), rule("exit", "exit_status: 1-3"),
            rule("sql", "sqlstate: 22*"), rule("grpc", "grpc_status: [UNAVAILABLE, 4]"))
        for status in [500, 599, 418, 420] as [Int32] { #expect(why(book) { $0.httpStatus = status } == "http") }
        #expect(why(book) { $0.httpStatus = 421 } == "http.421")
        for status in [1, 3] as [Int32] { #expect(why(book) { $0.exitStatus = status } == "exit") }
        #expect(why(book) { $0.exitStatus = 4 } == "no rule")
        #expect(why(book) { $0.sqlstate = "22P02" } == "sql")
        #expect(why(book) { $0.grpcStatus = .number(14) } == "grpc")
        #expect(why(book) { $0.grpcStatus = .name("deadline_exceeded") } == "grpc")
        #expect(why(book) { $0.code = "grpc.Unavailable" } == "grpc")
    }

    @Test("a status is a program's own where the rule names the program")
    func command() throws {
        let book = try rulebook(rules: rule("rsync", "command: rsync, exit_status: [23, 24]"))
        for change in [
            { $0.action = "rsync -a /a /b" }, { $0.service = "/usr/bin/rsync" },
        ] as [(inout Errors.Report) -> Void] {
            #expect(
                why(book) {
                    $0.exitStatus = 23
                    change(&$0)
                } == "rsync")
        }
        #expect(why(book) { $0.exitStatus = 23 } == "no rule")
        var report = Errors.Report(message: "")
        report.exitStatus = 24
        #expect(book.classify(report, command: "rsync").why == "rsync")
    }

    @Test("the first rule in the order of the files wins, whatever it was found by")
    func order() throws {
        let book = try rulebook(
            rules: rule("by-text", "text: disk quota"), rule("by-errno", "errno: EDQUOT"),
            rule("by-pattern", "type: 'D*'"))
        func whyWith(_ message: String, _ errno: Int32?, _ type: String?) -> String {
            var report = Errors.Report(message: message)
            report.errno = errno.map(NameOrNumber.number)
            report.type = type
            return book.classify(report).why
        }
        #expect(whyWith("Disk quota exceeded", 122, "Disk") == "by-text")
        #expect(whyWith("it failed", 122, "Disk") == "by-errno")
        #expect(whyWith("it failed", nil, "Disk") == "by-pattern")
    }

    @Test("a rule gives severity, strategy, code, user message, policy and the least delay")
    func meaning() throws {
        let book = try rulebook(
            rules: """
                rules:
                  - name: mine
                    when: {service: shop}
                    then:
                      category: resource
                      severity: low
                      strategy: retry
                      code: posix.ENOSPC
                      user_message: payment
                      retry: {policy: patient, after: 10m}
                """)
        var report = Errors.Report(message: "")
        report.service = "shop"
        let found = book.classify(report)
        #expect(found.category == .resource && found.severity == .low && found.strategy == .retry)
        #expect(found.code == "posix.ENOSPC" && found.policy == "patient" && found.afterMs == 600_000)
        #expect(book.userMessage(found, report, retryAfterMs: nil) == "This has to be paid for first.")
    }

    @Test("a code of the catalogue is enough: its entry says the rest")
    func code() throws {
        let book = try rulebook(
            rules: "rules: [{name: mine, when: {service: shop}, then: {code: shop.closed}}]",
            catalogue: """
                codes:
                  shop.closed: {message: The shop is closed, category: business_logic, severity: critical, strategy: reconcile}
                """)
        var report = Errors.Report(message: "")
        report.service = "shop"
        let found = book.classify(report)
        #expect(found.category == .businessLogic && found.severity == .critical && found.strategy == .reconcile)
        report.service = nil
        report.code = "shop.closed"
        #expect(book.classify(report).why == "code.shop.closed")
    }

    @Test("a name with braces makes a rule of each alternative")
    func expansion() throws {
        let book = try rulebook(rules: rule("own.{http_status}", "http_status: [418, 5xx]"))
        #expect(why(book) { $0.httpStatus = 418 } == "own.418")
        #expect(why(book) { $0.httpStatus = 503 } == "own.5xx")
    }

    @Test("a rule with the name of a shipped one replaces it")
    func replaced() throws {
        let book = try rulebook(
            rules: "rules: [{name: errno.ENOSPC, when: {service: none}, then: {category: data}}]")
        #expect(why(book) { $0.errno = .name("ENOSPC") } == "no rule")
    }

    @Test("empty files add nothing", arguments: ["", "# a remark\n", "rules:\n", "rules: []\n"])
    func empty(text: String) throws {
        #expect(try rulebook(rules: text).ruleCount == Rulebook.shipped.ruleCount)
    }
}

@Suite("Mistakes in files of rules")
struct RuleMistakeTests {
    @Test(
        "each names file, line and column, what is wrong and what would be right",
        arguments: [
            (
                "rules:\n  - name: a\n    wen: {errno: 1}\n    then: {category: data}",
                "1-rules.yaml:3:5: unknown key “wen” in the rule; did you mean when?"
            ),
            (
                "rules:\n  - name: a\n    when: {erno: 1}\n    then: {category: data}",
                "1-rules.yaml:3:12: unknown key “erno” in when; did you mean errno?"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: ENOSPCE}\n    then: {category: data}",
                "1-rules.yaml:3:19: errno must be a name such as ECONNREFUSED or a number from 1 to 4095, not “ENOSPCE”"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {category: transent}",
                "1-rules.yaml:4:22: category must be one of transient, resource, validation, permanent, data, "
                    + "business_logic, system, inventory, notification, configuration, dependency, unknown, not “transent”; "
                    + "did you mean transient?"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {category: data, retry: {policy: quik}}",
                "1-rules.yaml:4:44: there is no retry policy “quik”; there are quick, standard, patient, network, docker"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {category: data, retry: {after: soon}}",
                "1-rules.yaml:4:43: retry.after must be a duration such as 500ms, 30s, 10m, 2h or 1d, not “soon”"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {code: posix.ENOSPCE}",
                "1-rules.yaml:2:11: the code posix.ENOSPCE is not in the catalogue; did you mean posix.ENOSPC?"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {category: data, user_message: paymnt}",
                "1-rules.yaml:2:11: there is no message paymnt in any language; did you mean payment?"
            ),
            (
                "rules:\n  - name: a\n    then: {category: data}",
                "1-rules.yaml:2:5: the rule a has no “when”: it would hold always"
            ),
            (
                "rules:\n  - when: {errno: 1}\n    then: {category: data}",
                "1-rules.yaml:2:5: the rule has no name, which verdicts are to show as their why"
            ),
            (
                "rules:\n  - name: a\n    when: {errno: 1}\n    then: {severity: low}",
                "1-rules.yaml:2:5: the rule a must give a category, or a code of the catalogue, under “then”"
            ),
            (
                "rules:\n  - name: a b\n    when: {errno: 1}\n    then: {category: data}",
                "1-rules.yaml:2:11: name must be one word of at most 100 letters such as disk.full, not “a b”"
            ),
            (
                "rules:\n  - name: a.{signal}\n    when: {errno: 1}\n    then: {category: data}",
                "1-rules.yaml:2:11: braces in a name must hold one of the rule's conditions: {errno}"
            ),
            (
                "rules:\n  - {name: a, when: {errno: 1}, then: {category: data}}\n"
                    + "  - {name: a, when: {errno: 2}, then: {category: data}}",
                "1-rules.yaml:3:12: there is another rule with the name a, in 1-rules.yaml:2:12"
            ),
            (
                "rules:\n  - name: a\n    when: {http_status: 99}\n    then: {category: data}",
                "1-rules.yaml:3:25: http_status must be a status from 100 to 599, a range such as 502-504, or a class such as "
                    + "5xx, not “99”"
            ),
            (
                "rules:\n  - name: a\n    when: {exit_status: 3-1}\n    then: {category: data}",
                "1-rules.yaml:3:25: exit_status must be a number from 0 to 255, or a range such as 200-242, not “3-1”"
            ),
            (
                "rules:\n  - name: a\n    when: {sqlstate: 4000}\n    then: {category: data}",
                "1-rules.yaml:3:22: sqlstate must be five characters such as 40001, or a class such as 40*, not “4000”"
            ),
            (
                "rules:\n  - name: a\n    when: {text: 'a*b'}\n    then: {category: data}",
                "1-rules.yaml:3:18: text must have 3 letters in one piece and 200 in all, not “a*b”"
            ),
            (
                "rules:\n  - name: a\n    when: {out_of_memory: no}\n    then: {category: data}",
                "1-rules.yaml:3:27: out_of_memory can only be true"
            ),
            ("rule: []", "1-rules.yaml:1:1: unknown key “rule” in the file; did you mean rules?"),
            ("rules: {a: 1}", "1-rules.yaml:1:8: rules must be a list, each with a “-”"),
            ("- a", "1-rules.yaml:1:1: the file must be a section of keys, not a list"),
        ])
    func mistake(text: String, message: String) {
        #expect(problems(rules: text) == [message])
    }

    @Test("what is no YAML is told with its place")
    func noYAML() {
        #expect(problems(rules: "rules:\n  - name: [a").first?.hasPrefix("1-rules.yaml:3:") == true)
        #expect(problems(rules: "rules: []\nrules: []\n").first?.contains("given twice") == true)
    }

    @Test("more rules, codes or texts than there is room for are refused")
    func sizes() {
        let rules = (0...200).map {
            "  - {name: 'r\($0).{exit_status}', when: {exit_status: 0-99}, then: {category: data}}\n"
        }
        let many = "rules:\n" + rules.joined()
        #expect(problems(rules: many).contains { $0.contains("there are more than 10000 rules in this file") })
        let texts = (0..<400).map { number in
            let text = String(repeating: "\(number)x", count: 200).prefix(190)
            return "  - {name: t\(number), when: {text: \(text)}, then: {category: data}}\n"
        }
        let long = "rules:\n" + texts.joined()
        #expect(
            problems(rules: long).contains { $0.contains("the texts of all rules together are more than 65536 bytes") })
        let codes = (0...10_000).map { "  c.\($0): {message: x, category: data}\n" }
        #expect(problems(catalogue: "codes:\n" + codes.joined()).contains { $0.contains("more than 10000 codes") })
    }

    @Test("all mistakes are told at once")
    func several() {
        let text =
            "rules:\n  - {nam: a, when: {errno: 1}, then: {category: data}}\n  - {name: b, when: {errno: x}, then: {severity: lo}}\n"
        let found = problems(rules: text)
        #expect(found.count == 3, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("1-rules.yaml:2:") || $0.hasPrefix("1-rules.yaml:3:") })
    }

    @Test("in one line, the first is told, and how many more there are")
    func summary() {
        do {
            _ = try rulebook(rules: "a: 1\nb: 2\nc: 3\n")
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".hasPrefix("1-rules.yaml:1:1: unknown key “a”"))
            #expect("\(error)".hasSuffix("(and 2 more)"))
        }
    }
}

@Suite("What is written about rules")
struct RuleDocumentTests {
    @Test("the examples of RULES.md are valid")
    func examples() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("protocol/RULES.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count == 2)
        let (rules, catalogue) = (try #require(blocks.first), try #require(blocks.last))
        #expect(problems(rules: rules, catalogue: catalogue) == [])
        let book = try rulebook(rules: rules, catalogue: catalogue)
        var report = Errors.Report(message: "")
        report.code = "billing.declined"
        report.locale = "de"
        #expect(book.userMessage(book.classify(report), report, retryAfterMs: nil) == "Ihre Karte wurde abgelehnt.")
    }
}
