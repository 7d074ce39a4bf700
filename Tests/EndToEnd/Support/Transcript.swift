import Foundation

/// A conversation as it is written down: what is sent, and what comes back.
struct Transcript: CustomStringConvertible, Sendable {
    enum Line: Sendable {
        case send(String)
        case receive(JSON)
        /// What the daemon is told by others meanwhile.
        case signal(Int32)
    }

    /// The daemon that it is held with.
    struct Given: Sendable {
        /// The text of its configuration file.
        var configuration = ""
        /// The name by which systemd hands it its socket; nothing where it is started by hand.
        var socket: String?
        /// How many others are connected already.
        var connections = 0
    }

    let name: String
    var given = Given()
    let lines: [Line]

    var description: String { name }

    /// The fenced blocks `transcript` of a document, `→` before what is sent and `←` before what comes back.
    static func all(inDocument path: String) throws -> [Transcript] {
        var found: [Transcript] = []
        var block: [Line]?
        for (index, line) in try Package.text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line == "```transcript" {
                block = []
            } else if line == "```", let lines = block {
                found.append(Transcript(name: "\(path), the one that ends in line \(index + 1)", lines: lines))
                block = nil
            } else if block != nil {
                if line.hasPrefix("→ ") {
                    block?.append(.send(String(line.dropFirst(2))))
                } else if line.hasPrefix("← ") {
                    block?.append(.receive(try JSON(String(line.dropFirst(2)))))
                } else {
                    throw Failure("\(path):\(index + 1): neither sent nor received")
                }
            }
        }
        return found
    }

    /// The files of a folder, one conversation each: a line is `{"send": …}` or `{"receive": …}`, the first may be
    /// `{"given": …}`, and `{"signal": "SIGTERM"}` is what an administrator does.
    static func all(inFolder path: String) throws -> [Transcript] {
        let folder = Package.root.appendingPathComponent(path).path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
        return try names.sorted().map { name in
            var texts = try Package.text(of: "\(path)/\(name)").split(separator: "\n").map(String.init)
            let given = try texts.first.flatMap { try Self.given(JSON($0)) }
            if given != nil { texts.removeFirst() }
            return Transcript(
                name: "\(path)/\(name)", given: given ?? Given(), lines: try texts.map { try Self.line($0) })
        }
    }

    private static func given(_ line: JSON) throws -> Given? {
        guard case .object(let members) = line["given"] else { return nil }
        var given = Given()
        for (name, value) in members {
            switch (name, value) {
            case ("configuration", .string(let text)): given.configuration = text
            case ("socket", .string(let text)): given.socket = text
            case ("connections", .integer(let count)): given.connections = Int(count)
            default: throw Failure("nothing can be given by \(name): \(value)")
            }
        }
        return given
    }

    private static func line(_ text: String) throws -> Line {
        let json = try JSON(text)
        if case .object(let members) = json, members.count == 1 {
            // What is not a string is sent as it is written: its numbers and escapes, too.
            if let raw = members["send"]?.text { return .send(raw) }
            if members["send"] != nil, text.hasPrefix(#"{"send":"#) {
                return .send(String(text.dropFirst(8).dropLast()))
            }
            if let answer = members["receive"] { return .receive(answer) }
            if members["signal"]?.text == "SIGTERM" { return .signal(SIGTERM) }
        }
        throw Failure("neither sent nor received, nor a signal: \(text)")
    }
}

extension JSON {
    /// The members that differ from host to host and from moment to moment, as `PROTOCOL.md` names them.
    private static let varying: Set<String> = [
        "after_ms", "retry_after_ms", "uptime_ms", "next_age_ms", "uid", "pid", "instance",
        "version", "commits", "at",
    ]

    /// Whether it is what was written down, but for values that vary: of those only the kind counts.
    func matches(_ expected: JSON) -> Bool {
        switch (self, expected) {
        case (.object(let members), .object(let others)):
            // Not every caller has a unit, or a command that can still be read.
            let named = { (name: String) in name != "unit" && name != "command" }
            return Set(members.keys.filter(named)) == Set(others.keys.filter(named))
                && members.allSatisfy { name, value in
                    guard named(name) else { return true }
                    let other = others[name] ?? .null
                    return Self.varies(name) ? value.kind == other.kind : value.matches(other)
                }
        case (.array(let elements), .array(let others)):
            return elements.count == others.count && zip(elements, others).allSatisfy { $0.matches($1) }
        default: return self == expected
        }
    }

    private static func varies(_ name: String) -> Bool { name.hasSuffix("_at") || varying.contains(name) }

    private var kind: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .integer, .number: 2
        case .string: 3
        case .array: 4
        case .object: 5
        }
    }
}
