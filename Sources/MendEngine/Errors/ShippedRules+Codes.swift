import MendProtocol

extension ShippedRules {
    /// Codes that programs report. `posix.NAME`, `http.STATUS` and `sql.STATE` need no entry here: they are looked up
    /// with what they stand for.
    static let codes: [Rule] = [
        code("container.resource_exhausted", .resource),
        code("container.network", .transient),
        code("container.dependency", .dependency),
        code("container.health_check", .dependency),
        code("container.timeout", .transient),
        code("container.volume", .configuration),
        code("container.environment", .configuration),

        code("deployment.flow_discovery", .configuration),
        code("deployment.validation", .validation),
        code("deployment.configuration", .configuration),
        code("deployment.docker", .dependency),
        code("deployment.api", .dependency),
        code("deployment.deployment", .system),
        code("deployment.recovery", .system, severity: .critical, strategy: .deadLetter),

        code("process.timeout", .transient),
        code("process.interrupted", .transient, severity: .low),
        code("process.out_of_memory", .resource),
        code("process.crashed", .system, strategy: .deadLetter),
        code("process.not_found", .configuration),
        code("process.not_executable", .configuration),

        code("http.timeout", .transient),
        code("http.connection", .transient),
        code("http.rate_limited", .resource, severity: .medium),

        code("sql.connection", .transient),
        code("sql.deadlock", .transient),
        code("sql.serialization", .transient),
        code("sql.constraint", .data),
        code("sql.syntax", .permanent),
    ]

    private static func code(
        _ code: String, _ category: Category, severity: Severity? = nil, strategy: Strategy? = nil
    ) -> Rule {
        Rule("code.\(code)", .code(code), category, severity: severity, strategy: strategy)
    }
}
