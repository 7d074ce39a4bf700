/// A call that is well formed; whether its method exists and its params fit is not known yet.
package struct RPCRequest: Sendable {
    /// Nil for a notification, which is never answered.
    package let id: RequestID?
    /// Such as `queue.enqueue`; escapes are resolved.
    package let method: String
    /// An object, if there are any.
    package let params: JSONValue?

    /// Whether `params` was sent.
    package var hasParams: Bool { params != nil }
    /// Whether it was sent without an id.
    package var isNotification: Bool { id == nil }

    package init(id: RequestID?, method: String, params: JSONValue?) {
        self.id = id
        self.method = method
        self.params = params
    }
}

/// What was sent instead of a request, and what to answer.
package struct RPCFailure: Error, Sendable, Hashable {
    /// For the answer. Nil when it was a notification: it is counted, not answered.
    package let id: RequestID?
    /// What to answer, with `reason`, `retryable` and perhaps `hint` in its data.
    package let error: RPCError

    package init(id: RequestID?, error: RPCError) {
        self.id = id
        self.error = error
    }
}

/// One line that a client has sent.
package enum RPCMessage: Sendable {
    case single(Result<RPCRequest, RPCFailure>)
    /// At least one. Answers go into one array; if all were notifications, there is none.
    case batch([Result<RPCRequest, RPCFailure>])
    /// Not JSON, or a batch that is empty or too large: one error is the answer to the whole line.
    case failure(RPCFailure)

    /// Copies what it needs of the line.
    package static func parse(_ line: UnsafeRawBufferPointer, limits: WireLimits = WireLimits()) -> RPCMessage {
        do throws(JSONSyntaxError) {
            return parse(try JSONDocument(parsing: line, maxDepth: limits.nesting), limits: limits)
        } catch {
            return .failure(RPCFailure(id: .null, error: .notJSON(error)))
        }
    }

    /// The same for a line that is parsed already; its nesting is not checked again.
    package static func parse(_ document: JSONDocument, limits: WireLimits = WireLimits()) -> RPCMessage {
        let root = document.root
        guard root.kind == .array else { return .single(RPCEnvelope.request(root)) }
        guard root.count > 0 else {
            return .failure(RPCFailure(id: .null, error: .notARequest("the batch is empty")))
        }
        guard root.count <= limits.batch else {
            let message = "the batch has \(root.count) messages, more than \(limits.batch)"
            return .failure(RPCFailure(id: .null, error: .notARequest(message)))
        }
        return .batch(root.elements.map(RPCEnvelope.request))
    }
}

/// The members of a request object, JSON-RPC 2.0 §4.
enum RPCEnvelope {
    static func request(_ value: JSONValue) -> Result<RPCRequest, RPCFailure> {
        let document = value.document
        let tape = document.tape
        defer { withExtendedLifetime(document) {} }
        guard value.kind == .object else {
            return refuse(.null, "a request is an object, not \(value.kind.words)")
        }
        // Nodes of the values; zero, which is the root or its first name, means absent.
        var (version, id, method, params) = (0, 0, 0, 0)
        var problem: String?
        var isIDCertain = true
        var key = value.index + 1
        for _ in 0..<value.count {
            let node = key + 1
            if tape.matches(key, "jsonrpc") {
                if version != 0 { problem = "jsonrpc is given more than once" }
                version = node
            } else if tape.matches(key, "id") {
                if id != 0 {
                    problem = "id is given more than once"
                    isIDCertain = false
                }
                id = node
            } else if tape.matches(key, "method") {
                if method != 0 { problem = "method is given more than once" }
                method = node
            } else if tape.matches(key, "params") {
                if params != 0 { problem = "params is given more than once" }
                params = node
            } else if problem == nil {
                problem = "\(JSONPath.appending(tape.string(key), to: "")) is not a member of a request"
            }
            key = Int(tape.nodes[node].next)
        }

        var requestID: RequestID?
        if id != 0, isIDCertain {
            requestID = RequestID(JSONValue(document: document, index: id))
            if requestID == nil { return refuse(.null, "id must be a string, a number or null") }
        }
        // An invalid request is answered even without an id: that it was a notification is not certain.
        let answerID = requestID ?? .null
        if let problem { return refuse(answerID, problem) }
        guard version != 0, tape.nodes[version].tag == .string, tape.matches(version, "2.0") else {
            return refuse(answerID, "jsonrpc must be \"2.0\"")
        }
        guard method != 0, tape.nodes[method].tag == .string else {
            return refuse(answerID, "method must be a string")
        }
        guard params != 0 else {
            return .success(RPCRequest(id: requestID, method: tape.string(method), params: nil))
        }
        switch tape.nodes[params].tag {
        case .object:
            let params = JSONValue(document: document, index: params)
            return .success(RPCRequest(id: requestID, method: tape.string(method), params: params))
        case .array:
            return .failure(RPCFailure(id: requestID, error: .paramsNotByName()))
        default:
            return refuse(answerID, "params must be an object, not \(tape.nodes[params].tag.kind.words)")
        }
    }

    private static func refuse(_ id: RequestID, _ message: String) -> Result<RPCRequest, RPCFailure> {
        .failure(RPCFailure(id: id, error: .notARequest(message)))
    }
}
