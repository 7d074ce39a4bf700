import MendWire

/// A JSON Schema, as far as the wire's types need it.
public indirect enum Schema: Hashable, Sendable {
    /// Any JSON value; it is kept as the text that was sent.
    case any
    case boolean
    case null
    case integer(minimum: Int64? = nil, maximum: Int64? = nil, description: String? = nil)
    case number(exclusiveMinimum: Double? = nil, maximum: Double? = nil, description: String? = nil)
    case string(pattern: String? = nil, maxLength: Int? = nil, description: String? = nil)
    case enumeration([String])
    case array(Schema)
    case map(Schema)
    case object([Member], open: Bool)
    case oneOf([Schema])

    public struct Member: Hashable, Sendable {
        public var name: String
        public var schema: Schema
        public var isRequired: Bool
    }
}

extension Schema: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    private struct Properties: Encodable {
        let members: [Member]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for member in members { try container.encode(member.schema, forKey: Key(member.name)) }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ name: String, _ value: (some Encodable)?) throws {
            try container.encodeIfPresent(value, forKey: Key(name))
        }
        switch self {
        case .any: break
        case .boolean: try put("type", "boolean")
        case .null: try put("type", "null")
        case .integer(let minimum, let maximum, let description):
            try put("type", "integer")
            try put("minimum", minimum)
            try put("maximum", maximum)
            try put("description", description)
        case .number(let exclusiveMinimum, let maximum, let description):
            try put("type", "number")
            try put("exclusiveMinimum", exclusiveMinimum)
            try put("maximum", maximum)
            try put("description", description)
        case .string(let pattern, let maxLength, let description):
            try put("type", "string")
            try put("pattern", pattern)
            try put("maxLength", maxLength)
            try put("description", description)
        case .enumeration(let words):
            try put("type", "string")
            try put("enum", words)
        case .array(let items):
            try put("type", "array")
            try put("items", items)
        case .map(let values):
            try put("type", "object")
            try put("additionalProperties", values)
        case .object(let members, let open):
            try put("type", "object")
            try put("properties", Properties(members: members))
            let required = members.filter(\.isRequired).map(\.name)
            try put("required", required.isEmpty ? nil : required)
            try put("additionalProperties", open ? nil : false)
        case .oneOf(let choices): try put("oneOf", choices)
        }
    }
}
