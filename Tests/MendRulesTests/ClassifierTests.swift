import Glibc
import MendProtocol
import Testing

@testable import MendRules

/// A report, the category that it is to have, and the rule that is to decide.
struct Case: Sendable, CustomTestStringConvertible {
    let report: Errors.Report
    let category: MendProtocol.Category
    let why: String

    init(
        _ category: MendProtocol.Category, _ why: String, _ message: String = "it failed",
        _ change: (inout Errors.Report) -> Void
    ) {
        var report = Errors.Report(message: message)
        change(&report)
        self.report = report
        self.category = category
        self.why = why
    }

    var testDescription: String { why }

    func check() {
        let found = Rulebook.shipped.classify(report)
        #expect(found.category == category)
        #expect(found.why == why)
    }
}

@Suite("Classification")
struct ClassifierTests {
    @Test(
        "an errno is known by its name and by its number",
        arguments: [
            ("ECONNREFUSED", 111, .transient), ("ETIMEDOUT", 110, .transient), ("EAGAIN", 11, .transient),
            ("EINTR", 4, .transient), ("EHOSTUNREACH", 113, .transient), ("ENETUNREACH", 101, .transient),
            ("ECONNRESET", 104, .transient), ("EPIPE", 32, .transient), ("EBUSY", 16, .transient),
            ("ENOSPC", 28, .resource), ("EDQUOT", 122, .resource), ("ENOMEM", 12, .resource),
            ("EMFILE", 24, .resource), ("ENFILE", 23, .resource), ("EADDRINUSE", 98, .resource),
            ("EACCES", 13, .configuration), ("EPERM", 1, .configuration), ("EROFS", 30, .configuration),
            ("EINVAL", 22, .validation), ("ENAMETOOLONG", 36, .validation), ("EILSEQ", 84, .data),
            ("EPROTO", 71, .dependency), ("ENOENT", 2, .permanent), ("EEXIST", 17, .permanent),
            ("ENOTDIR", 20, .permanent), ("ENOSYS", 38, .permanent), ("EIO", 5, .system), ("ENODEV", 19, .system),
        ] as [(String, Int32, MendProtocol.Category)])
    func errno(name: String, number: Int32, category: MendProtocol.Category) {
        Case(category, "errno.\(name)") { $0.errno = .name(name) }.check()
        Case(category, "errno.\(name)") { $0.errno = .name(name.lowercased()) }.check()
        Case(category, "errno.\(name)") { $0.errno = .number(number) }.check()
        Case(category, "errno.\(name)") { $0.errno = .number(-number) }.check()
        Case(category, "errno.\(name)") { $0.code = "posix.\(name)" }.check()
        Case(category, "errno.\(name)") { $0.code = name }.check()
    }

    @Test("every errno from 1 to 40 that Linux uses has a rule, but the few that no program reports")
    func firstErrnos() {
        let without = (1...40).filter { number in
            var report = Errors.Report(message: "")
            report.errno = .number(Int32(number))
            return Rulebook.shipped.classify(report).why == Classification.noRule
        }
        // ENOTBLK, a terminal's; 29 is ESPIPE and known.
        #expect(without == [15])
    }

    @Test("the other names of an errno are known")
    func aliases() {
        Case(.transient, "errno.EAGAIN") { $0.errno = .name("EWOULDBLOCK") }.check()
        Case(.permanent, "errno.EOPNOTSUPP") { $0.errno = .name("ENOTSUP") }.check()
        Case(.transient, "errno.EDEADLK") { $0.errno = .name("EDEADLOCK") }.check()
    }

    @Test(
        "an HTTP status",
        arguments: [
            (400, .validation), (401, .configuration), (402, .businessLogic), (403, .permanent), (404, .permanent),
            (405, .permanent), (407, .configuration), (408, .transient), (409, .businessLogic), (410, .permanent),
            (412, .businessLogic), (413, .validation), (415, .validation), (422, .validation), (425, .transient),
            (429, .resource), (451, .permanent), (500, .dependency), (501, .permanent), (502, .transient),
            (503, .transient), (504, .transient), (507, .resource),
        ] as [(Int32, MendProtocol.Category)])
    func httpStatus(status: Int32, category: MendProtocol.Category) {
        Case(category, "http.\(status)") { $0.httpStatus = status }.check()
        Case(category, "http.\(status)") { $0.code = "http.\(status)" }.check()
    }

    @Test("an HTTP status that has no rule has its hundred's; one that is no error has none")
    func httpClass() {
        Case(.permanent, "http.4xx") { $0.httpStatus = 499 }.check()
        Case(.dependency, "http.5xx") { $0.httpStatus = 599 }.check()
        Case(.unknown, "no rule") { $0.httpStatus = 200 }.check()
        Case(.unknown, "no rule") { $0.httpStatus = -503 }.check()
    }

    @Test(
        "an exit status of sysexits.h, of timeout or of a shell",
        arguments: [
            (64, .validation), (65, .data), (66, .data), (67, .validation), (68, .permanent), (69, .dependency),
            (70, .system), (71, .resource), (72, .configuration), (73, .configuration), (74, .system),
            (75, .transient), (76, .dependency), (77, .configuration), (78, .configuration), (124, .transient),
            (125, .system), (126, .configuration), (127, .configuration), (129, .transient), (130, .transient),
            (134, .system), (137, .resource), (139, .system), (143, .transient),
        ] as [(Int32, MendProtocol.Category)])
    func exitStatus(status: Int32, category: MendProtocol.Category) {
        Case(category, "exit.\(status)") { $0.exitStatus = status }.check()
    }

    @Test(
        "exit statuses that mean nothing in general have no rule",
        arguments: [0, 1, 2, 7, 79, 123, 128, 199, 223, 255, -1])
    func exitStatusWithoutRule(status: Int32) {
        Case(.unknown, "no rule") { $0.exitStatus = status }.check()
    }

    @Test(
        "a signal is known by its name, with and without SIG, and by its number",
        arguments: [
            ("HUP", 1, .transient, .low), ("INT", 2, .transient, .low), ("TERM", 15, .transient, .low),
            ("PIPE", 13, .transient, .medium), ("KILL", 9, .resource, .high), ("XCPU", 24, .resource, .high),
            ("SEGV", 11, .system, .high), ("ABRT", 6, .system, .high), ("BUS", 7, .system, .high),
            ("FPE", 8, .system, .high), ("ILL", 4, .system, .high), ("SYS", 31, .configuration, .high),
        ] as [(String, Int32, MendProtocol.Category, Severity)])
    func signal(name: String, number: Int32, category: MendProtocol.Category, severity: Severity) {
        for signal in [.name("SIG" + name), .name(name.lowercased()), .number(number)] as [NameOrNumber] {
            let found = Case(category, "signal.SIG\(name)") { $0.signal = signal }
            found.check()
            #expect(Rulebook.shipped.classify(found.report).severity == severity)
        }
    }

    @Test(
        "an SQLSTATE",
        arguments: [
            ("40001", "40001", .transient), ("40P01", "40P01", .transient), ("40p01", "40P01", .transient),
            ("08006", "08", .transient), ("57014", "57014", .transient), ("57P03", "57P03", .transient),
            ("55P03", "55P03", .transient), ("53300", "53300", .resource), ("53100", "53100", .resource),
            ("53200", "53", .resource),
            ("23505", "23", .data), ("22P02", "22", .data), ("P0001", "P0", .businessLogic),
            ("28P01", "28", .configuration), ("42501", "42501", .configuration), ("42P01", "42P01", .permanent),
            ("42P07", "42", .permanent),
            ("58030", "58", .system), ("XX001", "XX001", .system),
        ] as [(String, String, MendProtocol.Category)])
    func sqlstate(state: String, rule: String, category: MendProtocol.Category) {
        Case(category, "sqlstate.\(rule)") { $0.sqlstate = state }.check()
        Case(category, "sqlstate.\(rule)") { $0.code = "sql.\(state)" }.check()
    }

    @Test(
        "a code of the catalogue",
        arguments: [
            ("container.timeout", .transient), ("container.network", .transient),
            ("container.resource_exhausted", .resource), ("container.environment", .configuration),
            ("deployment.validation", .validation), ("deployment.recovery", .system),
            ("process.out_of_memory", .resource), ("process.not_found", .configuration),
            ("http.rate_limited", .resource), ("sql.deadlock", .transient), ("sql.constraint", .data),
        ] as [(String, MendProtocol.Category)])
    func code(code: String, category: MendProtocol.Category) {
        Case(category, "code.\(code)") { $0.code = code }.check()
    }

    @Test(
        "a code that is not known decides nothing", arguments: ["billing.odd", "posix.ENOTHING", "sql.x", "http.x", ""])
    func unknownCode(code: String) {
        Case(.unknown, "no rule") { $0.code = code }.check()
    }

    @Test("names that are not known decide nothing")
    func unknownNames() {
        Case(.unknown, "no rule") { $0.errno = .name("ENOTHING") }.check()
        Case(.unknown, "no rule") { $0.errno = .number(.min) }.check()
        Case(.unknown, "no rule") { $0.signal = .name("SIGNOTHING") }.check()
        Case(.unknown, "no rule") { $0.sqlstate = "4000" }.check()
    }
}

@Suite("Which rule decides")
struct RuleOrderTests {
    @Test("what the caller says stands")
    func explicit() {
        var report = Case(.transient, "") { $0.errno = .name("ECONNREFUSED") }.report
        report.category = .data
        var found = Rulebook.shipped.classify(report)
        #expect(found.category == .data && found.severity == .high && found.strategy == .deadLetter)
        #expect(found.why == "the caller's category")
        report.category = nil
        report.severity = .critical
        found = Rulebook.shipped.classify(report)
        #expect(found.severity == .critical)
        #expect(found.why == "errno.ECONNREFUSED")
    }

    @Test("the first rule wins: code, SQLSTATE, errno, HTTP status, curl, signal, exit status")
    func order() {
        var report = Case(.unknown, "") {
            $0.code = "container.timeout"
            $0.sqlstate = "42P01"
            $0.errno = .name("ENOSPC")
            $0.httpStatus = 503
            $0.stderr = "curl: (28) Operation timed out"
            $0.signal = .name("SIGKILL")
            $0.exitStatus = 75
        }.report
        var seen: [String] = []
        func step(_ forget: (inout Errors.Report) -> Void) {
            seen.append(Rulebook.shipped.classify(report).why)
            forget(&report)
        }
        step { $0.code = nil }
        step { $0.sqlstate = nil }
        step { $0.errno = nil }
        step { $0.httpStatus = nil }
        step { $0.stderr = nil }
        step { $0.signal = nil }
        step { $0.exitStatus = nil }
        step { _ in }
        #expect(
            seen == [
                "code.container.timeout", "sqlstate.42P01", "errno.ENOSPC", "http.503", "curl.28", "signal.SIGKILL",
                "exit.75", "no rule",
            ])
    }

    @Test("an operator's rule wins over a shipped one")
    func ownRules() throws {
        let own = """
            rules:
              - name: mine
                when: {errno: ENOSPC}
                then: {category: permanent, severity: low, strategy: reconcile}
            """
        let book = try Rulebook(rules: [SourceText(file: "10-mine.yaml", text: own)], catalogue: [])
        let found = book.classify(Case(.permanent, "") { $0.errno = .name("ENOSPC") }.report)
        #expect(found.category == .permanent && found.severity == .low && found.strategy == .reconcile)
        #expect(found.why == "mine")
    }
}

@Suite("curl")
struct CurlTests {
    @Test("a refused connection is transient, as curl itself reports it")
    func refused() {
        Case(.transient, "curl.7") {
            $0.exitStatus = 7
            $0.stderr = "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server\n"
        }.check()
    }

    @Test("an exit status is curl's where the report says that curl ran")
    func named() {
        for change in [
            { $0.service = "curl" }, { $0.action = "curl -fsS https://example.com" },
            { $0.action = "/usr/bin/curl -s x" },
        ] as [(inout Errors.Report) -> Void] {
            Case(.transient, "curl.6") {
                $0.exitStatus = 6
                change(&$0)
            }.check()
        }
        Case(.unknown, "no rule") {
            $0.exitStatus = 6
            $0.action = "curly -s x"
        }.check()
    }

    @Test("the caller's command says it, too")
    func command() {
        let report = Case(.unknown, "") { $0.exitStatus = 28 }.report
        #expect(Rulebook.shipped.classify(report, command: "curl").why == "curl.28")
        #expect(Rulebook.shipped.classify(report, command: "bash").why == "no rule")
    }

    @Test("an HTTP error is judged by the status that curl prints")
    func httpError() {
        Case(.transient, "http.503") {
            $0.exitStatus = 22
            $0.stderr = "curl: (22) The requested URL returned error: 503"
        }.check()
        Case(.permanent, "http.404") { $0.stderr = "curl: (22) The requested URL returned error: 404 Not Found" }
            .check()
        Case(.dependency, "curl.22") { $0.stderr = "curl: (22) HTTP error" }.check()
    }

    @Test("of several tries the last one counts")
    func retries() {
        Case(.configuration, "curl.60") {
            $0.stderr = "curl: (28) Operation timed out\nWarning: Transient problem\ncurl: (60) SSL certificate problem"
        }.check()
    }

    @Test("text that only resembles it decides nothing", arguments: ["curl: (", "curl: ()", "curl: (x)", "curl:(7)"])
    func lookAlikes(text: String) {
        Case(.unknown, "no rule") { $0.stderr = text }.check()
    }
}

@Suite("What stands in standard error beside the reason")
struct LastWordsTests {
    private func why(_ stderr: String, rules: String = "") throws -> String {
        var report = Errors.Report(message: "it failed")
        report.stderr = stderr
        return try rulebook(rules: rules).classify(report).why
    }

    @Test(
        "words that only look like a reason are none",
        arguments: [
            "Compiled 12 files: 0 errors, 0 failures",
            "I/O error on GET request for \"http://shop/orders\": Unexpected end of file from server",
            "org.springframework.remoting.RemoteAccessException: Could not access HTTP invoker remote service",
            "systemFile and writePipe are checked",
            "saved to /srv/errors/ENOSPC_2026/report.txt",
            "JavaScriptError: element not found",
            "relation \"a\" already exists, skipping\nthe tenant does not exist",
        ])
    func lookAlikes(text: String) throws {
        #expect(try why(text) == "no rule")
    }

    @Test("the last line with a reason decides, whatever the order of the rules")
    func order() throws {
        #expect(try why("Connection refused\nPermission denied") == "text.permission")
        #expect(try why("Permission denied\nConnection refused") == "text.refused")
        #expect(try why("ValueError: x\ncurl: (7) Failed to connect") == "curl.7")
        #expect(try why("curl: (7) Failed to connect\nValueError: x") == "exception.ValueError")
        #expect(try why("Permission denied\r 10 %\r 20 %\rConnection refused\r\n\r\n") == "text.refused")
    }

    @Test("a file that is missing does not hide the reason before it, nor do lines that say nothing")
    func weak() throws {
        #expect(try why("Connection refused\ncat: /out: No such file or directory") == "text.refused")
        #expect(try why("cat: /out: No such file or directory") == "text.not_found")
        for lines in [1, 7, 8, 9, 200] {
            let rest = String(repeating: "make: leaving\n", count: lines)
            #expect(try why("Permission denied\n" + rest) == "text.permission", "\(lines)")
        }
    }

    @Test("without a word on standard error the message decides", arguments: [nil, "", "\n", " \n\n"])
    func silent(stderr: String?) {
        var report = Errors.Report(message: "connect: Connection refused")
        report.stderr = stderr
        #expect(Rulebook.shipped.classify(report).why == "text.refused")
    }

    @Test("what is indented belongs to the line above it")
    func indented() throws {
        let trace = "java.lang.IllegalStateException: x\n\tat a.Permission denied.run(A.java:1)"
        #expect(try why("Connection refused\n" + trace) == "exception.IllegalStateException")
    }

    @Test("an operator's rule decides by any line")
    func operators() throws {
        let rules = "rules: [{name: mine, when: {stderr: backup is full}, then: {category: resource}}]"
        #expect(try why("the backup is full\nPermission denied", rules: rules) == "mine")
        #expect(try why("the backup is fine\nPermission denied", rules: rules) == "text.permission")
        let typed = "rules: [{name: mine, when: {type: BackupError}, then: {category: resource}}]"
        #expect(try why("BackupError: x\nPermission denied", rules: typed) == "mine")
        // The class in the last lines is the one that counts, for these rules, too.
        #expect(try why("BackupError: x\nValueError: y", rules: typed) == "exception.ValueError")
    }
}
