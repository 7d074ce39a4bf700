import MendProtocol

extension ShippedRules {
    /// curl(1), EXIT CODES.
    static let curl: [Rule] =
        // No address, no connection, no answer in time, half an answer.
        curl(.transient, [5, 6, 7, 16, 18, 28, 52, 55, 56, 81, 92, 95])
        + curl(.resource, [23, 27])
        // An HTTP error whose status is not known, a TLS handshake that failed, something odd from the server.
        + curl(.dependency, [8, 22, 35, 61, 97])
        + curl(.validation, [3, 26, 43])
        // Protocols and features that are not there, access, certificates.
        + curl(.configuration, [1, 2, 4, 9, 37, 48, 51, 53, 54, 58, 59, 60, 66, 67, 77, 80, 82, 83, 90, 91])
        + curl(.permanent, [47, 63, 78])

    private static func curl(_ category: Category, _ statuses: [Int32]) -> [Rule] {
        statuses.map { Rule("curl.\($0)", .exitStatusOf(program: "curl", $0), category) }
    }
}
