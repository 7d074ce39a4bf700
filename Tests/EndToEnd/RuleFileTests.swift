import Foundation
import Glibc
import Testing

@Suite("The operator's rules at the real daemon")
struct RuleFileTests {
    private static let own = "rules: [{name: own, when: {service: web}, then: {category: data}}]\n"
    private static let broken = "rules:\n  - {name: own, wen: {service: web}, then: {category: data}}\n"

    private func place(_ text: String) throws -> TemporaryDirectory {
        let place = try TemporaryDirectory()
        try place.write("", to: "mend.yaml")
        try FileManager.default.createDirectory(atPath: place.file("rules.d"), withIntermediateDirectories: true)
        try place.write(text, to: "rules.d/10-own.yaml")
        return place
    }

    private func check(_ place: TemporaryDirectory) throws -> Child {
        try Child([Package.program("mendd"), "--check-config", "--config", place.file("mend.yaml")])
    }

    @Test("--check-config counts what is valid, and names file, line and column of what is not, all of it")
    func checkConfig() throws {
        let place = try place(Self.own)
        let good = try check(place)
        #expect(try good.waitForEnd() == .exited(0))
        #expect(good.outputText.hasPrefix("the configuration is valid: "))
        try place.write(Self.broken, to: "rules.d/10-own.yaml")
        try place.write("queue: {max_sise: 1}", to: "mend.yaml")
        let bad = try check(place)
        #expect(try bad.waitForEnd() == .exited(78))
        #expect(bad.errorText.contains("/mend.yaml:1: unknown key queue.max_sise; did you mean queue.max_size?\n"))
        #expect(
            bad.errorText.contains("/rules.d/10-own.yaml:2:17: unknown key “wen” in the rule; did you mean when?\n"))
        #expect(bad.errorText.split(separator: "\n").count == 2)
    }

    @Test("--check-config warns of an account that does not exist, and of the defaults' own group says nothing")
    func missingAccounts() throws {
        let place = try place("")
        let client = "{groups: [mend, no-such-group, '0'], users: [root]}"
        try place.write("roles: {client: \(client), observer: {users: [no-such-user]}}", to: "mend.yaml")
        let check = try check(place)
        #expect(try check.waitForEnd() == .exited(0))
        #expect(
            check.errorText == """
                mendd: a warning: there is no group no-such-group: nobody has a role by it
                mendd: a warning: there is no user no-such-user: nobody has a role by it

                """)
    }

    @Test("at a reload good rules come into force; with broken ones the rules before stay, and the status says so")
    func reload() throws {
        let place = try place("")
        let notify = try NotifySocket(path: place.file("notify"))
        let child = try Child(Daemon.arguments(place), environment: ["NOTIFY_SOCKET": notify.path])
        try notify.wait(for: "READY=1")
        let client = try LineClient(path: place.file("mend.sock"))
        func why() throws -> String? {
            try client.result("error.report", #"{"message":"x","service":"web"}"#)["why"].text
        }
        #expect(try why() == "no rule")
        try place.write(Self.own, to: "rules.d/10-own.yaml")
        child.signal(SIGHUP)
        try notify.wait(for: "RELOADING=1")
        #expect(try notify.wait(for: "READY=1").contains { $0.hasPrefix("STATUS=serving") })
        #expect(try why() == "own")
        try place.write(Self.broken, to: "rules.d/10-own.yaml")
        child.signal(SIGHUP)
        try notify.wait(for: "RELOADING=1")
        let status = try notify.wait(for: "READY=1")
        #expect(
            status.contains { $0.hasPrefix("STATUS=serving") && $0.contains("rules.d/10-own.yaml:2:17: unknown key") })
        #expect(try why() == "own")
        child.signal(SIGTERM)
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.errorText.contains("reload: all stays as it was"))
    }

    @Test("what a program wrote is explained without being kept")
    func classify() throws {
        let daemon = try Daemon()
        let text = "curl: (7) Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server"
        let child = try Child(
            ["/bin/sh", "-c", "echo \"\(text)\" | \(Package.program("mend")) error classify --stdin"],
            environment: ["MEND_SOCKET": daemon.socket])
        #expect(try child.waitForEnd() == .exited(0))
        #expect(child.outputText.contains("curl.7"))
        #expect(try daemon.connect().result("error.list")["errors"].elements.isEmpty)
    }
}
