/// The `error` of a JSON-RPC answer.
public struct RPCError: Error, Sendable, Codable, Hashable, CustomStringConvertible {
    /// One of the specification's, or Mend's own from -32099 to -32000.
    public let code: Int
    /// One sentence, for people.
    public let message: String
    /// For programs: an object with `reason`, `retryable` and more.
    public let data: RawJSON?

    /// `data` must be an object.
    public init(code: Int, message: String, data: RawJSON? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    public var description: String { "\(message) (\(code))" }

    /// Not JSON: JSON-RPC 2.0 §5.1, as the four that follow.
    public static let parseError = -32700
    /// JSON, but no request.
    public static let invalidRequest = -32600
    /// No such method.
    public static let methodNotFound = -32601
    /// Params that the method does not take.
    public static let invalidParams = -32602
    /// A fault of the daemon's own.
    public static let internalError = -32603
}

extension RPCError {
    static func notJSON(_ error: JSONSyntaxError) -> RPCError {
        standard(parseError, "parse_error", "not a JSON text: \(error)")
    }

    static func notARequest(_ message: String, hint: String? = nil) -> RPCError {
        standard(invalidRequest, "invalid_request", message, hint: hint)
    }

    static func paramsNotByName() -> RPCError {
        standard(invalidParams, "invalid_params", "params is an array", hint: "send params as an object (by name)")
    }

    private static func standard(_ code: Int, _ reason: String, _ message: String, hint: String? = nil) -> RPCError {
        var data = JSONWriter()
        data.writeRaw("{\"reason\":")
        data.writeString(reason)
        data.writeRaw(",\"retryable\":false")
        if let hint {
            data.writeRaw(",\"hint\":")
            data.writeString(hint)
        }
        data.writeRaw("}")
        return RPCError(code: code, message: message, data: RawJSON(unchecked: data.text))
    }
}
