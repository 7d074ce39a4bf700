import MendProtocol

/// A worker as a file describes it.
package struct WorkerFile: Equatable {
    package private(set) var queues: [Name] = []
    /// A text is a script for the shell.
    package private(set) var words: [String] = []
    package private(set) var parallel = 1
    package private(set) var timeoutMs: Int64?
    package private(set) var killAfterMs: Int64 = 10_000
    package private(set) var leaseMs: Int64?
    package private(set) var graceMs: Int64 = 60_000
    package private(set) var drains = false

    private static let keys = [
        "queue", "queues", "command", "parallel", "timeout", "timeout_ms", "kill_after", "kill_after_ms", "lease",
        "lease_ms", "grace", "grace_ms", "drain",
    ]

    package static let parallelRange = 1...256

    package init(_ text: String) throws(FlatYAML.Mistake) {
        var lines: [String: Int] = [:]
        for entry in try FlatYAML(text).entries {
            // A duration has two spellings.
            let name = entry.key.hasSuffix("_ms") ? String(entry.key.dropLast(3)) : entry.key
            let same = name == "queues" ? "queue" : name
            if let other = lines[same] {
                throw FlatYAML.Mistake(line: entry.line, message: "\(entry.key) says the same as line \(other)")
            }
            lines[same] = entry.line
            try take(entry)
        }
        guard !queues.isEmpty else { throw FlatYAML.Mistake(line: 1, message: "a queue is missing: queue: NAME") }
        guard !words.isEmpty else {
            throw FlatYAML.Mistake(line: 1, message: "a command is missing: command: [PROGRAM, ARGUMENT]")
        }
    }

    private mutating func take(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) {
        switch entry.key {
        case "queue", "queues": queues = try Self.names(entry)
        case "command": words = try Self.command(entry)
        case "parallel":
            guard let number = Int(try Self.text(entry)), Self.parallelRange.contains(number) else {
                throw Self.mistake(
                    entry, "is a number from \(Self.parallelRange.lowerBound) to \(Self.parallelRange.upperBound)")
            }
            parallel = number
        case "timeout", "timeout_ms": timeoutMs = try Self.positive(entry)
        case "lease", "lease_ms": leaseMs = try Self.positive(entry)
        case "kill_after", "kill_after_ms": killAfterMs = try Self.milliseconds(entry)
        case "grace", "grace_ms": graceMs = try Self.milliseconds(entry)
        case "drain":
            guard let flag = ["yes": true, "true": true, "no": false, "false": false][try Self.text(entry)] else {
                throw Self.mistake(entry, "is yes or no")
            }
            drains = flag
        default:
            let near = CommandSuggestion.nearest(to: entry.key, in: Self.keys).map { "; did you mean \($0)?" } ?? ""
            throw FlatYAML.Mistake(line: entry.line, message: "there is no key \(entry.key)\(near)")
        }
    }

    private static func mistake(_ entry: FlatYAML.Entry, _ text: String) -> FlatYAML.Mistake {
        FlatYAML.Mistake(line: entry.line, message: "\(entry.key) \(text)")
    }

    private static func text(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) -> String {
        guard case .text(let text) = entry.value else { throw mistake(entry, "has one value, not a list") }
        return text
    }

    private static func names(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) -> [Name] {
        let texts =
            switch entry.value {
            case .text(let text): [text]
            case .list(let items): items
            }
        var names: [Name] = []
        for text in texts {
            guard let name = Name(text) else { throw mistake(entry, "names '\(text)', which cannot be a queue's name") }
            names.append(name)
        }
        return names
    }

    private static func command(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) -> [String] {
        switch entry.value {
        case .text(let script) where !script.isEmpty: return ["/bin/sh", "-c", script]
        case .list(let words) where words.first.map({ !$0.isEmpty }) ?? false: return words
        default: throw mistake(entry, "is empty")
        }
    }

    private static func milliseconds(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) -> Int64 {
        let text = try text(entry)
        if entry.key.hasSuffix("_ms") {
            guard let number = Int64(text), number >= 0 else { throw mistake(entry, "is a number of milliseconds") }
            return number
        }
        do {
            return try DurationText.milliseconds(text)
        } catch {
            throw mistake(entry, "is a duration: \(error)")
        }
    }

    private static func positive(_ entry: FlatYAML.Entry) throws(FlatYAML.Mistake) -> Int64 {
        let number = try milliseconds(entry)
        guard number > 0 else { throw mistake(entry, "is more than 0") }
        return number
    }
}
