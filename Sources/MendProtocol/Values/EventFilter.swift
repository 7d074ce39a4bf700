import MendWire

/// Which events somebody wants: those that fit all that is said.
public struct EventFilter: Codable, Hashable, Sendable {
    /// Kinds and families of kinds; one of them is enough.
    public var kinds: [EventKinds]?
    public var operation: Int64?
    public var queue: Name?
    public var breaker: Name?
    public var transaction: Int64?
    public var group: Int64?
    public var correlation: Name?
    /// Only what this user caused.
    public var uid: UInt32?

    public init() {}
}

/// Kinds of events: one, such as `operation.dead`, or a family, such as `operation.*`.
public struct EventKinds: WireScalar {
    public let text: String

    /// Nothing where no kind is named so: a misspelt one must not pass for one that never happens.
    public init?(_ text: String) {
        self.text = text
        guard EventKind.allCases.contains(where: { matches($0) }) else { return nil }
    }

    public init(_ kind: EventKind) { text = kind.rawValue }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let kinds = EventKinds(text) else {
            let known = Self.words.joined(separator: ", ")
            let near = nearest(to: text, among: Self.words)
            throw InvalidValue("must be a kind of events: " + (near.map { "did you mean \($0)?" } ?? known))
        }
        self = kinds
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public func matches(_ kind: EventKind) -> Bool {
        guard text.hasSuffix(".*") else { return text == kind.rawValue }
        return kind.rawValue.hasPrefix(text.dropLast())
    }

    /// All that can be said, families first.
    public static let words: [String] = {
        let kinds = EventKind.allCases.map(\.rawValue)
        let families = Set(kinds.map { $0.prefix { $0 != "." } + ".*" }.map { String($0) })
        return families.sorted() + kinds
    }()

    public static var schema: Schema { .enumeration(words) }
    public static var sample: EventKinds { EventKinds(EventKind.sample) }
}

/// Numbers of events that were removed before they were read, the first and the last.
public struct MissedEvents: Codable, Hashable, Sendable {
    public var from: Int64
    public var to: Int64

    public init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }
}
