import MendProtocol
import MendWire

/// What the specification says of a line (JSON-RPC 2.0, and §1 of ours), reckoned from its plain reading.
struct LineJudge {
    enum Request {
        /// One error of that number; with `null` where the id cannot be made out.
        case refused(id: [UInt8], code: Int)
        /// What a notification may do: be wrong, and not be answered.
        case ignored
        /// A call; without an id, a notification.
        case call(id: [UInt8]?, method: [UInt8])
    }

    let isBatch: Bool
    /// Of a line that holds no request: its one answer.
    let requests: [Request]

    private static let null = Array("null".utf8)

    init(_ line: [UInt8], limits: WireLimits) {
        guard let root = PlainJSON(line, maxDepth: limits.nesting) else {
            isBatch = false
            requests = [.refused(id: Self.null, code: RPCError.parseError)]
            return
        }
        guard case .array(let elements) = root.content else {
            isBatch = false
            requests = [Self.request(root)]
            return
        }
        isBatch = (1...limits.batch).contains(elements.count)
        requests =
            isBatch
            ? elements.map(Self.request) : [.refused(id: Self.null, code: RPCError.invalidRequest)]
    }

    private static func request(_ value: PlainJSON) -> Request {
        guard case .object(let members) = value.content else {
            return .refused(id: null, code: RPCError.invalidRequest)
        }
        let ids = value.members("id")
        var id: [UInt8]?
        if ids.count == 1 {
            switch ids[0].content {
            case .string, .number, .null: id = ids[0].raw
            case .bool, .array, .object: return .refused(id: null, code: RPCError.invalidRequest)
            }
        }
        let invalid = Request.refused(id: id ?? null, code: RPCError.invalidRequest)
        let known = ["jsonrpc", "id", "method", "params"]
        guard members.allSatisfy({ member in known.contains { member.name.elementsEqual($0.utf8) } }),
            known.allSatisfy({ value.members($0).count <= 1 }),
            value.members("jsonrpc").first?.isString("2.0") == true,
            case .string(let method)? = value.members("method").first?.content
        else { return invalid }
        switch value.members("params").first?.content {
        case nil, .object: return .call(id: id, method: method)
        case .array: return id.map { .refused(id: $0, code: RPCError.invalidParams) } ?? .ignored
        default: return invalid
        }
    }

    /// Compares what the wire made of the line.
    func compare(with message: RPCMessage) throws(Finding) {
        let found: [Result<RPCRequest, RPCFailure>]
        switch message {
        case .failure(let failure):
            try expect(!isBatch, "a batch was refused as a whole: \(failure.error)")
            found = [.failure(failure)]
        case .single(let request):
            try expect(!isBatch, "a batch was read as one request")
            found = [request]
        case .batch(let all):
            try expect(isBatch, "what is no batch was read as one")
            found = all
        }
        try expect(found.count == requests.count, "\(found.count) requests instead of \(requests.count)")
        for (found, expected) in zip(found, requests) { try Self.compare(found, with: expected) }
    }

    private static func compare(
        _ found: Result<RPCRequest, RPCFailure>, with expected: Request
    ) throws(Finding) {
        switch (expected, found) {
        case (.refused(let id, let code), .failure(let failure)):
            try expect(failure.error.code == code, "refused with \(failure.error) instead of \(code)")
            try expect(failure.id?.text.utf8.elementsEqual(id) == true, "refused for \(failure.id, default: "nobody")")
        case (.ignored, .failure(let failure)):
            try expect(failure.id == nil, "a notification is to be answered")
        case (.call(let id, let method), .success(let request)):
            try expect(request.method.utf8.elementsEqual(method), "the method was read as \(request.method)")
            try expect(
                request.id.map { Array($0.text.utf8) } == id, "the id was read as \(request.id, default: "none")")
        default: throw Finding("read as \(found), expected was \(expected)")
        }
    }

    /// Checks the line of one answer: its form, and that it is for `id`.
    ///
    /// - Returns: the number of the error, or nothing for a result.
    @discardableResult
    static func checkAnswer(_ line: [UInt8], to id: [UInt8]) throws(Finding) -> Int? {
        guard line.last == 0x0A, !line.dropLast().contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            throw Finding("an answer is not one line: \(shown(line))")
        }
        guard let answer = PlainJSON(Array(line.dropLast()), maxDepth: RPCResponse.maxDepth),
            answer.members("jsonrpc").first?.isString("2.0") == true
        else { throw Finding("an answer is no JSON-RPC: \(shown(line))") }
        try expect(answer.members("id").first?.raw == id, "answered to another id than \(shown(id)): \(shown(line))")
        switch (answer.members("result").first?.content, answer.members("error").first) {
        case (.object?, nil): return nil
        case (nil, let error?):
            let data = error.members("data").first
            guard let code = error.members("code").first.flatMap({ Int(shown($0.raw)) }),
                case .string? = error.members("message").first?.content,
                let reason = Reason(code: code), data?.members("reason").first?.isString(reason.rawValue) == true,
                case .bool? = data?.members("retryable").first?.content
            else { throw Finding("an error is not as it should be: \(shown(line))") }
            try expect(reason != .internalError, "an internal error: \(shown(line))")
            return code
        default: throw Finding("an answer has a result, an object, or an error: \(shown(line))")
        }
    }
}
