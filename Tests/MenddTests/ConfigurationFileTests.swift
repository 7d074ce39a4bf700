import Logging
import MendProtocol
import Testing

@testable import mendd

@Suite("The configuration file")
struct ConfigurationFileTests {
    @Test("it overrides what it sets, and nothing else")
    func overrides() throws {
        var expected = Configuration()
        expected.limits.lineBytes = 65_536
        expected.queue.maxSize = 10
        expected.log.level = .debug
        expected.roles.operators.users = ["alice", "1000"]
        expected.roles.clients.groups = []
        let text = """
            # what we changed
            limits:
              line_bytes: 65536
            queue: {max_size: 10}
            log:
              level: "debug"
            roles:
              operator:
                users: [alice, 1000]
              client:
                groups: []
            """
        #expect(try read(text) == expected)
    }

    @Test("roles of sockets are added to those that are there")
    func sockets() throws {
        let text = "roles:\n  sockets: {ci.socket: observer}"
        #expect(try read(text).roles.sockets == ["mend-guest.socket": .client, "ci.socket": .observer])
        #expect(
            try read("roles: {sockets: {mend-guest.socket: operator}}").roles.sockets == [
                "mend-guest.socket": .operator
            ])
        #expect(throws: ConfigurationError.self) { try read("roles: {sockets: {ci.socket: admin}}") }
        #expect(throws: ConfigurationError.self) { try read("roles: {sockets: {'a:b': client}}") }
        #expect(throws: ConfigurationError.self) { try read("roles: {sockets: [ci.socket]}") }
    }

    @Test("what is masked besides has a name and an expression that can be used")
    func mask() throws {
        let text = #"errors: {mask: {order: 'ORD-[0-9]{8}', iban: "[A-Z]{2}[0-9]{20}"}}"#
        #expect(try read(text).errors.mask == ["order": "ORD-[0-9]{8}", "iban": "[A-Z]{2}[0-9]{20}"])
        let wrongs = [
            "{order: '('}", "{order: 'a*'}", "{order: '(a)\\1'}", "{'an order': 'x'}", "{order: ''}", "[order]",
        ]
        for wrong in wrongs {
            #expect(throws: ConfigurationError.self, "\(wrong)") { try read("errors: {mask: \(wrong)}") }
        }
    }

    @Test("the environment adds roles of sockets, too")
    func socketsOfEnvironment() throws {
        var configuration = Configuration()
        try configuration.apply(environment: ["MEND_ROLES_SOCKETS": "ci.socket=observer, b=client"])
        #expect(
            configuration.roles.sockets == ["mend-guest.socket": .client, "ci.socket": .observer, "b": .client])
        #expect(throws: ConfigurationError.self) {
            try configuration.apply(environment: ["MEND_ROLES_SOCKETS": "ci.socket"])
        }
    }

    @Test(
        "a file that sets nothing leaves the defaults",
        arguments: ["", "\n", "# nothing\n", "---\n", "{}", "limits:\nqueue:\n", "roles:\n  operator:\n"])
    func empty(text: String) throws {
        #expect(try read(text) == Configuration())
    }

    @Test("a key may be written with its section")
    func dotted() throws {
        #expect(try read("limits.batch: 7").limits.batch == 7)
    }

    @Test(
        "a key that is not known is refused, with its line and the nearest known one",
        arguments: [
            ("limits:\n  batch: 7\n  line_byte: 5", "3: unknown key limits.line_byte; did you mean limits.line_bytes?"),
            ("limit:\n  batch: 7", "1: unknown key limit; did you mean limits?"),
            ("max_size: 7", "1: unknown key max_size; did you mean queue.max_size?"),
            ("queue:\n  lease: 7", "2: unknown key queue.lease; did you mean queue.lease_ms?"),
            ("roles:\n  admin:\n    users: [a]", "2: unknown key roles.admin"),
            ("colour: red", "1: unknown key colour"),
            ("<<: {log: {level: debug}}", "1: unknown key <<"),
            ("\"a\\nb\": 1", "1: unknown key a\\nb"),
        ])
    func unknownKey(text: String, message: String) {
        #expect(throws: ConfigurationError("mend.yaml:" + message)) { try read(text) }
    }

    @Test(
        "a value of the wrong kind, or out of range, is refused with its line and what it must be",
        arguments: [
            ("limits:\n  batch: many", "2: limits.batch must be \(batch), not \"many\""),
            ("limits:\n  batch: 0", "2: limits.batch must be \(batch), not \"0\""),
            ("limits:\n  batch: 100001", "2: limits.batch must be \(batch), not \"100001\""),
            ("limits:\n  batch: \"10\"", "2: limits.batch must be \(batch), not \"10\""),
            ("limits:\n  batch: 1.5", "2: limits.batch must be \(batch), not \"1.5\""),
            ("limits:\n  batch: 1e3", "2: limits.batch must be \(batch), not \"1e3\""),
            ("limits:\n  batch: 9223372036854775808", "2: limits.batch must be \(batch), not \"9223372036854775808\""),
            ("limits:\n  batch:", "2: limits.batch must be \(batch), not nothing"),
            ("limits:\n  batch: [1]", "2: limits.batch must be \(batch), not [\"1\"]"),
            ("limits:\n  batch:\n    size: 1", "3: limits.batch must be \(batch), not a section"),
            ("log: {level: loud}", "1: log.level must be \(level), not \"loud\""),
            ("log: {level: [info]}", "1: log.level must be \(level), not [\"info\"]"),
            ("limits: 5", "1: limits must be a section of keys, not \"5\""),
            ("limits: [batch]", "1: limits must be a section of keys, not [\"batch\"]"),
            ("- limits", "1: the file must be a section of keys, not [\"limits\"]"),
            ("? [a]\n: 1", "1: a key must be a word, not [\"a\"]"),
        ])
    func wrongValue(text: String, message: String) {
        #expect(throws: ConfigurationError("mend.yaml:" + message)) { try read(text) }
    }

    @Test(
        "a list of accounts takes names and numeric ids only",
        arguments: [
            "alice", "[\"\"]", "[a b]", "[\"a,b\"]", "[\"a:b\"]", "[a/b]", "[~]", "[[a]]", "[4294967295]", "{}",
        ])
    func accounts(list: String) {
        #expect(throws: ConfigurationError.self) { try read("roles: {client: {users: \(list)}}") }
    }

    @Test("a list of accounts has an end")
    func longList() throws {
        func list(_ count: Int) -> String {
            "roles.client.users: [" + (0..<count).map { "u\($0)" }.joined(separator: ",") + "]"
        }
        #expect(try read(list(256)).roles.clients.users.count == 256)
        #expect(throws: ConfigurationError.self) { try read(list(257)) }
    }

    @Test(
        "a key that is given twice is refused",
        arguments: [
            ("limits:\n  batch: 1\n  batch: 2", "2: given twice in one section: batch"),
            ("queue: {}\nlimits: {}\nqueue: {}", "1: given twice in one section: queue"),
            ("limits:\n  batch: 1\nlimits.batch: 2", "3: limits.batch is given twice, first in line 2"),
        ])
    func duplicate(text: String, message: String) {
        #expect(throws: ConfigurationError("mend.yaml:" + message)) { try read(text) }
    }

    @Test(
        "what is not YAML is refused in one line with its place",
        arguments: [
            ("limits:\n  batch: 1\n batch: 2", "mend.yaml:3: "),
            ("limits:\n\tbatch: 1", "mend.yaml:2: "),
            ("a: [1", "mend.yaml:2: while parsing a flow sequence: did not find expected ',' or ']'"),
            ("a: *nobody", "mend.yaml:1: found undefined alias"),
            ("a: 1\n---\nb: 2", "mend.yaml:2: "),
            ("# fine\na: \u{1}", "mend.yaml:2: control characters are not allowed"),
            (String(repeating: "[", count: 100_000), "mend.yaml:1: "),
        ])
    func notYAML(text: String, beginning: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description.hasPrefix(beginning) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains(where: \.isNewline) == false)
    }

    @Test("a long value is not repeated at length")
    func longValue() {
        let error = #expect(throws: ConfigurationError.self) {
            try read("log: {level: " + String(repeating: "x", count: 10_000) + "}")
        }
        #expect((error?.description.count ?? .max) < 250)
    }

    private func read(_ text: String) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        try configuration.apply(yaml: text, file: "mend.yaml")
        return configuration
    }
}

private let batch = "a whole number from 1 to 100000 (requests)"
private let level = "one of trace, debug, info, notice, warning, error, critical"
