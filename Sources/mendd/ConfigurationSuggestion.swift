import MendProtocol

/// Finds what a misspelt key was probably meant to be.
enum ConfigurationSuggestion {
    /// `; did you mean NAME?`, or nothing where no candidate is near.
    static func hint(for name: String, among candidates: [String]) -> String {
        // A key that was written outside its section is one that ends with the name.
        let displaced = candidates.sorted().first { $0.hasSuffix("." + name) }
        return (displaced ?? nearest(to: name, among: candidates)).map { "; did you mean \($0)?" } ?? ""
    }
}
