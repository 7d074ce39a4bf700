import MendProtocol
import MendWire

/// Gives bytes to all that the wire does with bytes: framing, parsing, messages, parameters and answers of every method.
package struct WireProbe {
    private let limits = WireLimits()
    private let methods = Dictionary(uniqueKeysWithValues: Methods.all.map { ($0.name, $0) })

    package init() {}

    /// Takes the bytes as a connection's whole input.
    package func run(_ input: [UInt8]) throws(Finding) -> Tally {
        var tally = Tally()
        try checkFraming(input, maxLineBytes: 24)
        for line in try checkFraming(input, maxLineBytes: limits.lineBytes) {
            tally.lines += 1
            try check(line, &tally)
        }
        // What has no end is no line, but the parser must bear it, too.
        try checkText(input)
        return tally
    }

    // MARK: Lines

    private enum Frame: Equatable {
        case line([UInt8])
        case tooLong
    }

    /// Compares the framer, whatever pieces the bytes come in, with the plain meaning of lines.
    @discardableResult
    private func checkFraming(_ input: [UInt8], maxLineBytes: Int) throws(Finding) -> [[UInt8]] {
        let expected = plainFrames(input, maxLineBytes)
        for piece in [1, 3, 61, max(1, input.count)] where input.count / piece <= 4096 {
            let found = frames(input, maxLineBytes, piece: piece)
            try expect(found == expected, "read \(piece) bytes at a time, lines are \(found), not \(expected)")
        }
        return expected.compactMap { if case .line(let line) = $0 { line } else { nil } }
    }

    private func plainFrames(_ input: [UInt8], _ maxLineBytes: Int) -> [Frame] {
        var frames: [Frame] = []
        var pieces = input.split(separator: 0x0A, omittingEmptySubsequences: false)
        let rest = pieces.removeLast()
        for piece in pieces {
            let line = piece.last == 0x0D ? piece.dropLast() : piece
            if line.count > maxLineBytes {
                frames.append(.tooLong)
            } else if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                frames.append(.line(Array(line)))
            }
        }
        if rest.count - (rest.last == 0x0D ? 1 : 0) > maxLineBytes { frames.append(.tooLong) }
        return frames
    }

    private func frames(_ input: [UInt8], _ maxLineBytes: Int, piece: Int) -> [Frame] {
        var framer = LineFramer(maxLineBytes: maxLineBytes)
        var frames: [Frame] = []
        for start in stride(from: 0, to: input.count, by: piece) {
            input[start..<min(start + piece, input.count)].withUnsafeBytes { framer.append($0) }
            while framer.next({ frame in
                switch frame {
                case .line(let bytes): frames.append(.line(Array(bytes)))
                case .tooLong: frames.append(.tooLong)
                }
            }) != nil {}
        }
        return frames
    }

    private func check(_ line: [UInt8], _ tally: inout Tally) throws(Finding) {
        try checkText(line)
        let judge = LineJudge(line, limits: limits)
        let message = line.withUnsafeBytes { RPCMessage.parse($0, limits: limits) }
        try judge.compare(with: message)
        switch message {
        case .failure(let failure): try check(.failure(failure), &tally)
        case .single(let request): try check(request, &tally)
        case .batch(let requests): for request in requests { try check(request, &tally) }
        }
        try checkAsAnswer(line)
    }

    // MARK: Texts

    /// Compares what the parser says of a text with its plain reading.
    private func checkText(_ text: [UInt8]) throws(Finding) {
        let plain = PlainJSON(text, maxDepth: JSONDocument.defaultMaxDepth)
        let parsed: JSONDocument
        do throws(JSONSyntaxError) {
            parsed = try Self.parse(text)
        } catch {
            try expect(plain == nil, "a JSON text was refused: \(error)")
            try expect((0...text.count).contains(error.offset), "refused at byte \(error.offset)")
            return
        }
        guard let plain else { throw Finding("what is no JSON text was taken") }
        try compare(parsed.root, with: plain)
        let raw = RawJSON(parsed.root)
        try expect(!raw.text.utf8.contains { $0 == 0x0A || $0 == 0x0D }, "a kept value has a line break")
        let again: JSONDocument
        do throws(JSONSyntaxError) {
            again = try Self.parse(Array(raw.text.utf8))
        } catch {
            throw Finding("a kept value is no JSON: \(error)")
        }
        try expect(again.root.kind == parsed.root.kind && again.root.count == parsed.root.count, "a kept value differs")
    }

    private static func parse(_ text: [UInt8]) throws(JSONSyntaxError) -> JSONDocument {
        var result: Result<JSONDocument, JSONSyntaxError> = .failure(
            JSONSyntaxError(offset: 0, problem: .unexpectedEnd))
        text.withUnsafeBytes { bytes in
            result = Result { () throws(JSONSyntaxError) in try JSONDocument(parsing: bytes) }
        }
        return try result.get()
    }

    private func compare(_ value: JSONValue, with plain: PlainJSON) throws(Finding) {
        try expect(value.rawText.utf8.elementsEqual(plain.raw), "\(value.path) was kept as \(value.rawText)")
        switch (value.kind, plain.content) {
        case (.null, .null): break
        case (.bool, .bool(let bool)): try expect(value.boolValue == bool, "\(value.path) is the other boolean")
        case (.number, .number):
            let exact = Int(shown(plain.raw))
            try expect(value.integerValue == exact, "\(value.path) is not the integer \(shown(plain.raw))")
        case (.string, .string(let text)):
            try expect(value.stringValue?.utf8.elementsEqual(text) == true, "\(value.path) is another string")
        case (.array, .array(let elements)):
            try expect(value.count == elements.count, "\(value.path) has \(value.count) elements")
            for (found, plain) in zip(value.elements, elements) { try compare(found, with: plain) }
        case (.object, .object(let members)):
            try expect(value.count == members.count, "\(value.path) has \(value.count) members")
            for (found, plain) in zip(value.members, members) {
                try expect(found.name.utf8.elementsEqual(plain.name), "\(value.path) has the member \(found.name)")
                try compare(found.value, with: plain.value)
            }
            let isUnique = Set(members.map(\.name)).count == members.count
            try expect((value.duplicateMember == nil) == isUnique, "\(value.path) has a member twice, or not")
        default: throw Finding("\(value.path) was read as \(value.kind)")
        }
    }

    // MARK: Messages

    private func check(_ request: Result<RPCRequest, RPCFailure>, _ tally: inout Tally) throws(Finding) {
        switch request {
        case .failure(let failure):
            guard let id = failure.id else {
                tally.notifications += 1
                return
            }
            tally.refusals += 1
            try LineJudge.checkAnswer(Self.line(id, failure.error), to: Array(id.text.utf8))
        case .success(let request):
            let id = request.id ?? .null
            if request.isNotification { tally.notifications += 1 }
            let error: CallError
            if let method = methods[request.method] {
                guard let refusal = try refusal(method, request.params ?? .emptyObject) else {
                    tally.results += 1
                    return
                }
                error = refusal
            } else {
                error = CallError(
                    .methodNotFound, "there is no method \(request.method.prefix(128))",
                    hint: nearest(to: request.method, among: methods.keys))
            }
            tally.refusals += 1
            try LineJudge.checkAnswer(Self.line(id, RPCError(error)), to: Array(id.text.utf8))
        }
    }

    private static func line(_ id: RequestID, _ error: RPCError) -> [UInt8] {
        var writer = JSONWriter()
        writer.writeError(id: id, error)
        writer.endLine()
        return writer.bytes
    }

    /// Decodes parameters, and where that succeeds, checks that encoding and decoding them again changes nothing.
    private func refusal<M: Method>(_ type: M.Type, _ params: JSONValue) throws(Finding) -> CallError? {
        do {
            try checkStable(WireDecoder.decode(type, from: params, ignoring: [Meta.member]))
            if let meta = params[Meta.member] { try checkStable(WireDecoder.decode(Meta.self, from: meta)) }
            return nil
        } catch let error as WireDecodingError {
            try expect(!error.message.isEmpty, "a refusal says nothing")
            return CallError(.invalidParams, error.message, field: error.path, hint: error.known.first)
        } catch {
            throw error as? Finding ?? Finding("\(error)")
        }
    }

    private func checkStable<T: Codable>(_ value: T) throws {
        do {
            let text = try WireEncoder.text(of: value)
            let again = try WireDecoder.decode(
                T.self, from: JSONDocument(parsing: text, maxDepth: RPCResponse.maxDepth).root, unknownMembers: .ignore)
            // Sets and dictionaries have no order.
            let isSame = try WireEncoder.text(of: again).utf8.sorted() == text.utf8.sorted()
            try expect(isSame, "\(T.self) is written as \(text), and otherwise when read again")
        } catch {
            throw error as? Finding ?? Finding("\(T.self) does not bear being written and read: \(error)")
        }
    }

    /// A line as a client reads it, who must bear whatever a daemon of another version sends.
    private func checkAsAnswer(_ line: [UInt8]) throws(Finding) {
        do {
            switch try line.withUnsafeBytes({ try RPCServerMessage.parse($0) }) {
            case .response(let response): try check(response)
            case .batch(let responses): for response in responses { try check(response) }
            case .notification: break
            }
        } catch let error as RPCProtocolError {
            try expect(!error.message.isEmpty, "a refusal says nothing")
        } catch {
            throw error as? Finding ?? Finding("\(error)")
        }
    }

    private func check(_ response: RPCResponse) throws {
        switch response.outcome {
        case .success(let result):
            // The id says which method is taken to have been asked.
            let place = Int((response.id.integer ?? 0).magnitude % UInt(Methods.all.count))
            try checkAnswer(of: Methods.all[place], result)
        case .failure(let error): _ = CallError(error)
        }
    }

    private func checkAnswer<M: Method>(of method: M.Type, _ result: JSONValue) throws {
        guard let answer = try? WireDecoder.decode(M.Answer.self, from: result, unknownMembers: .ignore) else { return }
        try checkStable(answer)
    }
}
