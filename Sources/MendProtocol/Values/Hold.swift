import MendWire

/// What a lease, a permit or a transaction is tied to beside its time: when its owner ends, it ends at once.
public enum Hold: WireScalar {
    /// This connection.
    case connection
    /// A process of the caller's own user, by its id.
    case process(Int32)

    private struct Process: Codable {
        let pid: Int32
    }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard word == "connection" else { throw Self.invalid }
            self = .connection
        } else {
            let pid = try Process(from: decoder).pid
            guard pid > 0 else { throw Self.invalid }
            self = .process(pid)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .connection:
            var container = encoder.singleValueContainer()
            try container.encode("connection")
        case .process(let pid): try Process(pid: pid).encode(to: encoder)
        }
    }

    private static let invalid = InvalidValue(#"must be "connection" or {"pid": N}"#)

    public static var schema: Schema {
        .oneOf([
            .enumeration(["connection"]),
            .object(
                [Schema.Member(name: "pid", schema: .integer(minimum: 1, maximum: 1 << 22), isRequired: true)],
                open: false),
        ])
    }
    public static let sample = Hold.connection
}
