extension Configuration {
    /// Variables that begin like ours, but tell something else than the configuration: where clients find the
    /// socket, and what a worker's command is given.
    private static func isReserved(_ variable: String) -> Bool {
        variable == "MEND_SOCKET" || variable.hasPrefix("MEND_PAYLOAD")
    }

    /// Overrides what the environment sets. A `MEND_` variable that is not known is refused, since it may be a
    /// misspelt one.
    mutating func apply(environment: [String: String]) throws(ConfigurationError) {
        let keys = Dictionary(uniqueKeysWithValues: ConfigurationKey.all.map { ($0.variable, $0) })
        // Sorted, so that of several mistakes the same one is always told.
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) {
            guard variable.hasPrefix("MEND_"), !Self.isReserved(variable) else { continue }
            guard let key = keys[variable] else {
                let hint = ConfigurationSuggestion.hint(for: variable, among: Array(keys.keys))
                throw ConfigurationError("unknown environment variable \(ConfigurationText.unquoted(variable))\(hint)")
            }
            guard key.set(variable: text, in: &self) else {
                throw ConfigurationError(
                    "environment variable \(variable) must be \(key.expectation), "
                        + "not \(ConfigurationText.quoted(text))")
            }
        }
    }
}
