import MendRules
import Yams

extension Configuration {
    /// Overrides what the file sets.
    ///
    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - file: its name, for messages.
    mutating func apply(yaml: String, file: String) throws(ConfigurationError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml, .basic, .default, .utf8)
        } catch {
            let mistake = YAMLMistake(error)
            throw ConfigurationError("\(file):\(mistake.line): \(mistake.text)")
        }
        guard let root, ConfigurationText(root) != .missing else { return }
        var reader = ConfigurationFileReader(file: file, configuration: self)
        try reader.read(root, section: "")
        self = reader.configuration
    }
}

/// Goes through the sections of the file.
private struct ConfigurationFileReader {
    let file: String
    var configuration: Configuration
    /// Where each key was given: `limits.batch` can be written so and as a member of `limits`, which the YAML parser
    /// does not take for the same key.
    private var lines: [String: Int] = [:]

    init(file: String, configuration: Configuration) {
        self.file = file
        self.configuration = configuration
    }

    mutating func read(_ node: Node, section: String) throws(ConfigurationError) {
        guard case .mapping(let members) = node else {
            let place = section.isEmpty ? "the file" : section
            throw error(at: node, "\(place) must be a section of keys, not \(ConfigurationText(node))")
        }
        for member in members {
            guard case .scalar(let name) = member.key else {
                throw error(at: member.key, "a key must be a word, not \(ConfigurationText(member.key))")
            }
            try read(member.value, at: member.key, name: section.isEmpty ? name.string : "\(section).\(name.string)")
        }
    }

    private mutating func read(_ value: Node, at place: Node, name: String) throws(ConfigurationError) {
        if let key = ConfigurationKey.all.first(where: { $0.name == name }) {
            if let line = lines.updateValue(Self.line(of: place), forKey: name) {
                throw error(at: place, "\(name) is given twice, first in line \(line)")
            }
            let text = ConfigurationText(value)
            guard key.set(text, in: &configuration) else {
                let why = key.fault(of: text) ?? "not \(text)"
                throw error(at: value, "\(name) must be \(key.expectation), \(why)")
            }
        } else if ConfigurationKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
            // A section whose keys are all commented out has no value.
            if ConfigurationText(value) != .missing { try read(value, section: name) }
        } else {
            let hint = ConfigurationSuggestion.hint(for: name, among: ConfigurationKey.namesAndSections)
            throw error(at: place, "unknown key \(ConfigurationText.unquoted(name))\(hint)")
        }
    }

    private func error(at node: Node, _ message: String) -> ConfigurationError {
        ConfigurationError("\(file):\(Self.line(of: node)): \(message)")
    }

    private static func line(of node: Node) -> Int {
        node.mark?.line ?? 1
    }
}

extension ConfigurationText {
    fileprivate init(_ node: Node) {
        switch node {
        case .scalar(let scalar) where scalar.style == .plain && ["", "~", "null"].contains(scalar.string):
            self = .missing
        case .scalar(let scalar):
            self = .single(scalar.string, quoted: scalar.style != .plain)
        case .sequence(let elements):
            // An element that is no text becomes an empty one, which no key allows.
            self = .list(
                elements.map { element in
                    if case .single(let text, quoted: _) = ConfigurationText(element) { text } else { "" }
                })
        case .mapping(let members):
            let pairs = members.compactMap { name, value in
                name.scalar.flatMap { name in value.scalar.map { (name.string, $0.string) } }
            }
            self = pairs.count == members.count ? .map(Dictionary(pairs) { $1 }) : .section
        default:
            self = .section
        }
    }
}
