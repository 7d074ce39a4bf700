import MendWire

/// One thing that Mend keeps, as it is written in a word: `op:1207`, `queue:mail`, `breaker:billing`, `txn:3`, `error:17`,
/// `group:2`.
public enum Subject: WireScalar, CustomStringConvertible {
    case operation(Int64)
    case queue(Name)
    case breaker(Name)
    case transaction(Int64)
    case error(Int64)
    case group(Int64)

    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let id = String(text[text.index(after: colon)...])
        let made: Subject? =
            switch text[..<colon] {
            case "op", "operation": Int64(id).map(Subject.operation)
            case "queue": Name(id).map(Subject.queue)
            case "breaker": Name(id).map(Subject.breaker)
            case "txn", "transaction": Int64(id).map(Subject.transaction)
            case "error": Int64(id).map(Subject.error)
            case "group": Int64(id).map(Subject.group)
            default: nil
            }
        guard let made else { return nil }
        self = made
    }

    public static let expected = "must be like op:1207, queue:NAME, breaker:NAME, txn:3, error:17 or group:2"

    public init(from decoder: any Decoder) throws {
        guard let subject = Subject(try decoder.singleValueContainer().decode(String.self)) else {
            throw InvalidValue(Self.expected)
        }
        self = subject
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public var description: String {
        switch self {
        case .operation(let id): "op:\(id)"
        case .queue(let name): "queue:\(name)"
        case .breaker(let name): "breaker:\(name)"
        case .transaction(let id): "txn:\(id)"
        case .error(let id): "error:\(id)"
        case .group(let id): "group:\(id)"
        }
    }

    public static let schema = Schema.string(
        pattern: "^(op|operation|queue|breaker|txn|transaction|error|group):[A-Za-z0-9._:/@+-]+$", maxLength: 140,
        description: "what is meant, such as op:1207")
    public static let sample = Subject.operation(1)
}
