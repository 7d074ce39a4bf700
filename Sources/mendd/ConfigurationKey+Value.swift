import Logging
import MendEngine
import MendProtocol

/// A value as it was written, before it is known whether its key allows it.
enum ConfigurationText: Equatable {
    /// A single value; `quoted` where quotation marks say that it is text, whatever it looks like.
    case single(String, quoted: Bool)
    case list([String])
    /// A section whose members are single values.
    case map([String: String])
    case missing
    case section
}

extension ConfigurationKey {
    /// More names than this in one list are taken for a mistake.
    static let maximumNames = 256

    /// Sets the key, or returns false and changes nothing when the value is not allowed.
    func set(_ text: ConfigurationText, in configuration: inout Configuration) -> Bool {
        switch (value, text) {
        case (.integer(let path, let range, _), .single(let digits, quoted: false)):
            guard let number = Int(digits), range.contains(number) else { return false }
            configuration[keyPath: path] = number
        case (.level(let path), .single(let name, _)):
            guard let level = Logger.Level(rawValue: name) else { return false }
            configuration[keyPath: path] = level
        case (.names(let path), .list(let names)):
            guard names.count <= Self.maximumNames, names.allSatisfy(Self.isAccount) else { return false }
            configuration[keyPath: path] = names
        case (.sockets(let path), .map(let texts)):
            let roles = texts.compactMapValues(Role.init(rawValue:))
            guard texts.count <= Self.maximumNames, roles.count == texts.count, texts.keys.allSatisfy(Self.isSocketName)
            else { return false }
            configuration[keyPath: path].merge(roles) { $1 }
        case (.patterns(let path), .map(let texts)):
            guard texts.count <= Self.maximumNames, texts.allSatisfy({ Self.fault($0.key, $0.value) == nil }) else {
                return false
            }
            configuration[keyPath: path].merge(texts) { $1 }
        default:
            return false
        }
        return true
    }

    /// Sets the key from an environment variable, where a list is written with commas, and a member as `name=role`.
    func set(variable text: String, in configuration: inout Configuration) -> Bool {
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
        let list = items == [""] ? [] : items
        switch value {
        case .integer, .level: return set(.single(text, quoted: false), in: &configuration)
        case .names: return set(.list(list), in: &configuration)
        case .sockets, .patterns:
            let members = list.map {
                $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            }
            guard members.allSatisfy({ $0.count == 2 }) else { return false }
            return set(.map(Dictionary(members.map { ($0[0], $0[1]) }) { $1 }), in: &configuration)
        }
    }

    /// What a value must be, to follow "must be".
    var expectation: String {
        switch value {
        case .integer(_, let range, let unit):
            "a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))"
        case .level:
            "one of " + Self.levels
        case .names:
            "a list of at most \(Self.maximumNames) account names or numeric ids"
        case .sockets:
            "names of sockets, each with one of " + Self.roles
        case .patterns:
            "names of small letters, digits and _, each with an expression: " + Self.patterns
        }
    }

    /// Which values there are, as the shipped file tells it.
    var allowed: String {
        switch value {
        case .integer(_, let range, let unit): "\(range.lowerBound) to \(range.upperBound) \(unit)"
        case .level: Self.levels
        case .names: "names or numeric ids"
        case .sockets: Self.roles
        case .patterns: Self.patterns
        }
    }

    /// Gives a configuration the value that another one has.
    func copy(from other: Configuration, to configuration: inout Configuration) {
        switch value {
        case .integer(let path, _, _): configuration[keyPath: path] = other[keyPath: path]
        case .level(let path): configuration[keyPath: path] = other[keyPath: path]
        case .names(let path): configuration[keyPath: path] = other[keyPath: path]
        case .sockets(let path): configuration[keyPath: path] = other[keyPath: path]
        case .patterns(let path): configuration[keyPath: path] = other[keyPath: path]
        }
    }

    /// The value as the file spells it.
    func text(in configuration: Configuration) -> String {
        switch value {
        case .integer(let path, _, _): String(configuration[keyPath: path])
        case .level(let path): configuration[keyPath: path].rawValue
        case .names(let path): "[" + configuration[keyPath: path].joined(separator: ", ") + "]"
        case .sockets(let path): Self.map(configuration[keyPath: path].mapValues(\.rawValue))
        case .patterns(let path): Self.map(configuration[keyPath: path].mapValues(\.debugDescription))
        }
    }

    private static func map(_ members: [String: String]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    }

    private static let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")

    private static let patterns = "as grep -E, no back-references"

    /// What is wrong with a value that is refused, where more can be said than what is expected.
    func fault(of text: ConfigurationText) -> String? {
        guard case .patterns = value, case .map(let texts) = text else { return nil }
        return texts.sorted { $0.key < $1.key }.lazy.compactMap { Self.fault($0.key, $0.value) }.first
    }

    /// Why a name cannot stand in brackets, or an expression cannot be used.
    private static func fault(_ name: String, _ expression: String) -> String? {
        guard (1...32).contains(name.utf8.count),
            name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
        else { return "\(ConfigurationText.unquoted(name)) is no such name" }
        do throws(MaskPattern.Invalid) {
            _ = try MaskPattern(name: name, expression)
            return nil
        } catch {
            return "\(name) \(error.description)"
        }
    }

    private static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// Whether systemd can call a socket so: sd_listen_fds_with_names(3).
    private static func isSocketName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
    }

    /// Whether this can be an account: the separators of passwd(5), of paths and of our own lists cannot be in a
    /// name, and the highest numeric id means "none" to the kernel.
    private static func isAccount(_ name: String) -> Bool {
        guard (1...256).contains(name.utf8.count) else { return false }
        if name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return UInt32(name).map { $0 < UInt32.max } ?? false
        }
        return name.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
                && !":,/".unicodeScalars.contains(scalar)
        }
    }
}

extension ConfigurationText: CustomStringConvertible {
    /// As messages show it: on one line, and not at length.
    var description: String {
        switch self {
        case .single(let text, quoted: _): Self.quoted(text)
        case .list(let elements): "[" + Self.shortened(elements.map(Self.quoted).joined(separator: ", ")) + "]"
        case .missing: "nothing"
        case .section, .map: "a section"
        }
    }

    static func quoted(_ text: String) -> String {
        shortened(text).debugDescription
    }

    /// A name from outside, without the quotation marks but with the same care.
    static func unquoted(_ text: String) -> String {
        String(quoted(text).dropFirst().dropLast())
    }

    private static func shortened(_ text: String) -> String {
        text.count > 60 ? text.prefix(60) + "…" : text
    }
}
