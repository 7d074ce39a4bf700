/// An answer, as a client reads it. Members that it does not know are ignored.
package struct RPCResponse: Sendable {
    /// Answers nest what was sent in requests some levels deeper.
    package static let maxDepth = 2 * JSONDocument.defaultMaxDepth

    /// Null when the daemon could not tell which request it answers.
    package let id: RequestID
    /// The `result` as it was sent, or the `error`.
    package let outcome: Result<JSONValue, RPCError>

    /// Nil for an error.
    package var result: JSONValue? { try? outcome.get() }

    /// Nil for a result.
    package var error: RPCError? {
        if case .failure(let error) = outcome { error } else { nil }
    }

    /// A line that holds one answer.
    package static func parse(_ line: UnsafeRawBufferPointer) throws(RPCProtocolError) -> RPCResponse {
        guard case .response(let response) = try RPCServerMessage.parse(line) else {
            throw RPCProtocolError(message: "one answer is expected")
        }
        return response
    }

    init(_ value: JSONValue) throws(RPCProtocolError) {
        guard value.kind == .object, value["jsonrpc"]?.matches("2.0") == true else {
            throw RPCProtocolError(message: "an answer is an object with \"jsonrpc\":\"2.0\"")
        }
        guard let id = value["id"].flatMap({ RequestID($0) }) else {
            throw RPCProtocolError(message: "an answer has an id: a string, a number or null")
        }
        self.id = id
        switch (value["result"], value["error"]) {
        case (let result?, nil):
            outcome = .success(result)
        case (nil, let error?):
            do throws(WireDecodingError) {
                outcome = .failure(try WireDecoder.decode(RPCError.self, from: error, unknownMembers: .ignore))
            } catch {
                throw RPCProtocolError(message: "the error of an answer is malformed: \(error)")
            }
        default:
            throw RPCProtocolError(message: "an answer has a result or an error")
        }
    }
}

/// One line that a daemon has sent.
package enum RPCServerMessage: Sendable {
    case response(RPCResponse)
    /// The answers to a batch, in any order.
    case batch([RPCResponse])
    /// Such as the events of a subscription.
    case notification(RPCRequest)

    /// Copies what it needs of the line.
    package static func parse(_ line: UnsafeRawBufferPointer) throws(RPCProtocolError) -> RPCServerMessage {
        let root: JSONValue
        do throws(JSONSyntaxError) {
            root = try JSONDocument(parsing: line, maxDepth: RPCResponse.maxDepth).root
        } catch {
            throw RPCProtocolError(message: "not a JSON text: \(error)")
        }
        if root.kind == .array {
            var responses: [RPCResponse] = []
            for element in root.elements { responses.append(try RPCResponse(element)) }
            return .batch(responses)
        }
        guard root["method"] != nil else { return .response(try RPCResponse(root)) }
        guard case .success(let request) = RPCEnvelope.request(root), request.isNotification else {
            throw RPCProtocolError(message: "a request came where answers and notifications are expected")
        }
        return .notification(request)
    }
}

/// The other side does not speak JSON-RPC 2.0 as it should.
package struct RPCProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence for people.
    package let message: String
    package var description: String { message }
}
