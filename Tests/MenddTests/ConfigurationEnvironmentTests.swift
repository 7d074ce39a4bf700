import Logging
import Testing

@testable import mendd

@Suite("The configuration in the environment")
struct ConfigurationEnvironmentTests {
    @Test("a variable sets its key")
    func sets() throws {
        let configuration = try read([
            "MEND_QUEUE_MAX_SIZE": "10", "MEND_LIMITS_CONNECTIONS_PER_USER": "3", "MEND_LOG_LEVEL": "trace",
            "MEND_ROLES_OPERATOR_USERS": "alice, 1000 ,bob", "MEND_ROLES_CLIENT_GROUPS": "",
        ])
        var expected = Configuration()
        expected.queue.maxSize = 10
        expected.limits.connectionsPerUser = 3
        expected.log.level = .trace
        expected.roles.operators.users = ["alice", "1000", "bob"]
        expected.roles.clients.groups = []
        #expect(configuration == expected)
    }

    @Test("variables of others, and ours that are no keys, are left alone")
    func leavesAlone() throws {
        let environment = [
            "PATH": "/usr/bin", "MENDELEV": "1", "mend_queue_max_size": "x", "MEND_SOCKET": "/run/x",
            "MEND_PAYLOAD": "{}", "MEND_PAYLOAD_FILE": "/tmp/x",
        ]
        #expect(try read(environment) == Configuration())
    }

    @Test(
        "a variable that is not known is refused, with the nearest known one",
        arguments: [
            ("MEND_QUEUE_MAXSIZE", "; did you mean MEND_QUEUE_MAX_SIZE?"),
            ("MEND_LOGLEVEL", "; did you mean MEND_LOG_LEVEL?"),
            ("MEND_", ""),
            ("MEND_COLOUR_OF_THE_BIKE_SHED", ""),
        ])
    func unknown(variable: String, hint: String) {
        let message = "unknown environment variable \(variable)\(hint)"
        #expect(throws: ConfigurationError(message)) { try read([variable: "1"]) }
    }

    @Test(
        "a value that is not allowed is refused with the name of the variable and what it must be",
        arguments: [
            (
                "MEND_LIMITS_BATCH", "0",
                "environment variable MEND_LIMITS_BATCH must be a whole number from 1 to 100000 (requests), not \"0\""
            ),
            (
                "MEND_LIMITS_BATCH", "",
                "environment variable MEND_LIMITS_BATCH must be a whole number from 1 to 100000 (requests), not \"\""
            ),
            (
                "MEND_ROLES_CLIENT_USERS", "a,,b",
                "environment variable MEND_ROLES_CLIENT_USERS must be a list of at most 256 account names "
                    + "or numeric ids, not \"a,,b\""
            ),
            (
                "MEND_LOG_LEVEL", "a\nb",
                "environment variable MEND_LOG_LEVEL must be one of trace, debug, info, notice, warning, error, "
                    + "critical, not \"a\\nb\""
            ),
        ])
    func notAllowed(variable: String, text: String, message: String) {
        #expect(throws: ConfigurationError(message)) { try read([variable: text]) }
    }

    @Test("of several mistakes the same one is always told")
    func firstMistake() {
        let environment = Dictionary(uniqueKeysWithValues: "ABCDEFGHIJ".map { ("MEND_X\($0)", "1") })
        #expect(throws: ConfigurationError("unknown environment variable MEND_XA")) { try read(environment) }
    }

    private func read(_ environment: [String: String]) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        try configuration.apply(environment: environment)
        return configuration
    }
}
