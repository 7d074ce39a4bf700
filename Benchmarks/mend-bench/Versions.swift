import LoadKit

/// What was compared: the versions of all that took part.
enum Versions {
    static func text(_ bench: Bench) -> String {
        func output(_ arguments: [String]) -> String {
            (try? bench.place.withDirectory { try ChildProcess.output(arguments, log: "\($0)/log") }) ?? "unknown"
        }
        let sqlite = (try? bench.baseline().version(in: bench.place)) ?? "unknown"
        return [
            "mendd: \(output([bench.options.mendd, "--version"]))",
            output(["redis-server", "--version"]),
            output(["beanstalkd", "-v"]),
            (try? PostgresPeer.version(bench)) ?? "PostgreSQL: unknown",
            "SQLite \(sqlite) (the C baseline), SwiftNIO \(resolved("swift-nio") ?? "unknown")",
        ].joined(separator: "\n")
    }

    /// The version of a package that the build was resolved to.
    private static func resolved(_ package: String) -> String? {
        guard let text = Text.file("Package.resolved") else { return nil }
        var isInside = false
        for line in text.split(separator: "\n") {
            if line.contains("\"identity\"") { isInside = line.contains("\"\(package)\"") }
            if isInside, line.contains("\"version\"") {
                let parts = line.split(separator: "\"")
                return parts.count >= 4 ? String(parts[3]) : nil
            }
        }
        return nil
    }
}
