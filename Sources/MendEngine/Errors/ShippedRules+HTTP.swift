import MendProtocol

extension ShippedRules {
    /// RFC 9110, 15.5 and 15.6, and what other documents have added.
    static let httpStatuses: [Rule] =
        http(.transient, [408, 421, 423, 425, 502, 503, 504])
        // Too many requests; insufficient storage.
        + http(.resource, [429, 507], severity: .medium)
        + http(.dependency, [424, 500])
        + http(.validation, [400, 411, 413, 414, 415, 416, 417, 422, 428, 431])
        + http(.businessLogic, [402, 409, 412])
        // Credentials, a proxy's too; the protocol's version; a network's login page.
        + http(.configuration, [401, 407, 426, 511])
        + http(.permanent, [403, 404, 405, 406, 410, 451, 501, 505])
        + [
            Rule("http.4xx", .httpClass(4), .permanent),
            Rule("http.5xx", .httpClass(5), .dependency),
        ]

    private static func http(_ category: Category, _ statuses: [Int32], severity: Severity? = nil) -> [Rule] {
        statuses.map { Rule("http.\($0)", .httpStatus($0), category, severity: severity) }
    }
}
