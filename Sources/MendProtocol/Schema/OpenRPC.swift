import MendWire

/// The OpenRPC document of the wire (https://spec.open-rpc.org), made from the method types themselves.
public enum OpenRPC {
    /// The document as one line of JSON.
    public static func document() throws -> RawJSON {
        RawJSON(unchecked: try WireEncoder.text(of: Document()))
    }

    private struct Document: Encodable {
        let openrpc = "1.3.2"
        let info = Info()
        let methods = Methods.all.map { Entry($0) }
    }

    private struct Info: Encodable {
        let title = "Mend"
        let description = "The error handling and recovery service of a Linux host"
        let version = String(Wire.version)
    }

    private struct Entry: Encodable {
        let name: String
        let summary: String
        let paramStructure = "by-name"
        let params: [Content]
        let result: Content
        let errors: [Failure]
        let role: Role

        init<M: Method>(_ method: M.Type) {
            name = method.name
            summary = method.summary
            role = method.role
            params = Entry.members(of: Schema.of(method)).map {
                Content(name: $0.name, required: $0.isRequired ? true : nil, schema: $0.schema)
            }
            result = Content(name: "result", required: nil, schema: Schema.of(M.Answer.self).opened)
            errors = Reason.allCases.map(Failure.init)
        }

        enum CodingKeys: String, CodingKey {
            case name, summary, paramStructure, params, result, errors
            case role = "x-role"
        }

        private static func members(of schema: Schema) -> [Schema.Member] {
            guard case .object(let members, _) = schema else { return [] }
            return members + [Schema.Member(name: Meta.member, schema: Schema.of(Meta.self), isRequired: false)]
        }
    }

    private struct Content: Encodable {
        let name: String
        let required: Bool?
        let schema: Schema
    }

    private struct Failure: Encodable {
        let code: Int
        let message: String

        init(_ reason: Reason) {
            code = reason.code
            message = reason.rawValue
        }
    }
}

extension Schema {
    /// The same, with room for members that a later version adds: what results are.
    fileprivate var opened: Schema {
        switch self {
        case .object(let members, _):
            .object(
                members.map { Member(name: $0.name, schema: $0.schema.opened, isRequired: $0.isRequired) }, open: true)
        case .array(let items): .array(items.opened)
        case .map(let values): .map(values.opened)
        case .oneOf(let choices): .oneOf(choices.map(\.opened))
        default: self
        }
    }
}

/// The wire as a whole.
public enum Wire {
    /// Counts up when the wire changes in a way that older clients would notice.
    public static let version = 1
}
