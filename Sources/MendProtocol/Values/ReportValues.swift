import MendWire

/// A stack trace: one string, or an array of frames.
public enum Stack: WireScalar {
    case text(String)
    case frames([String])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let frames = try? container.decode([String].self) {
            self = .frames(frames)
        } else {
            throw InvalidValue("must be a string or an array of strings")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .frames(let frames): try container.encode(frames)
        }
    }

    /// The frames, one a line.
    public var lines: [String] {
        switch self {
        case .text(let text): text.split(separator: "\n").map(String.init)
        case .frames(let frames): frames
        }
    }

    public static let schema = Schema.oneOf([.string(), .array(.string())])
    public static let sample = Stack.text("")
}

/// A constant of the operating system, by name or by number.
public enum NameOrNumber: WireScalar {
    case name(String)
    case number(Int32)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int32.self) {
            self = .number(number)
        } else if let name = try? container.decode(String.self) {
            self = .name(name)
        } else {
            throw InvalidValue("must be a name or a number")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .name(let name): try container.encode(name)
        case .number(let number): try container.encode(number)
        }
    }

    public static let schema = Schema.oneOf([.string(), .integer()])
    public static let sample = NameOrNumber.number(0)
}

/// A JSON object of any content, kept as the text that was sent.
public struct JSONObject: WireScalar {
    public let json: RawJSON

    public init?(_ json: RawJSON) {
        guard json.text.utf8.first == UInt8(ascii: "{") else { return nil }
        self.json = json
    }

    public init(from decoder: any Decoder) throws {
        guard let object = JSONObject(try decoder.singleValueContainer().decode(RawJSON.self)) else {
            throw InvalidValue("must be an object")
        }
        self = object
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(json)
    }

    public static let schema = Schema.map(.any)
    public static let sample = JSONObject(unchecked: RawJSON(unchecked: "{}"))

    private init(unchecked json: RawJSON) { self.json = json }
}
