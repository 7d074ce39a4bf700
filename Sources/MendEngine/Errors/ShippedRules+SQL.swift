import MendProtocol

extension ShippedRules {
    /// SQLSTATE, with PostgreSQL's own (https://www.postgresql.org/docs/current/errcodes-appendix.html). A whole state
    /// stands before its class.
    static let sqlstates: [Rule] =
        [
            // Serialization failure, deadlock.
            state("40001", .transient), state("40P01", .transient),
            // A lock that cannot be had at once; an object in use.
            state("55P03", .transient), state("55006", .transient),
            // A statement that took too long or was cancelled; a server that shuts down, crashed or starts.
            state("57014", .transient), state("57P01", .transient), state("57P02", .transient),
            state("57P03", .transient),
            // The primary has become a replica.
            state("25006", .transient),
            state("42501", .configuration),
            // Data or an index is corrupted.
            state("XX001", .system, severity: .critical, strategy: .deadLetter),
            state("XX002", .system, severity: .critical, strategy: .deadLetter),
        ] + [
            sqlClass("08", .transient),
            sqlClass("40", .transient),
            sqlClass("53", .resource),
            sqlClass("57", .transient),
            sqlClass("58", .system),
            sqlClass("XX", .system),
            sqlClass("22", .data),
            sqlClass("23", .data),
            sqlClass("44", .data),
            sqlClass("P0", .businessLogic),
            sqlClass("28", .configuration),
            sqlClass("3D", .configuration),
            sqlClass("3F", .configuration),
            sqlClass("F0", .configuration),
            sqlClass("0A", .permanent),
            sqlClass("25", .permanent),
            sqlClass("26", .permanent),
            sqlClass("42", .permanent),
            sqlClass("54", .permanent),
            sqlClass("55", .permanent),
        ]

    private static func state(
        _ state: String, _ category: Category, severity: Severity? = nil, strategy: Strategy? = nil
    ) -> Rule {
        Rule("sqlstate.\(state)", .sqlstate(state), category, severity: severity, strategy: strategy)
    }

    private static func sqlClass(_ name: String, _ category: Category) -> Rule {
        Rule("sqlstate.\(name)", .sqlClass(name), category)
    }
}
