import MendWire

func parse(_ bytes: [UInt8], maxDepth: Int = 512) throws(JSONSyntaxError) -> JSONDocument {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    return try JSONDocument(parsing: UnsafeRawBufferPointer(buffer), maxDepth: maxDepth)
}

func isTaken(_ bytes: [UInt8]) -> Bool { (try? parse(bytes)) != nil }

func message(_ text: String, limits: WireLimits = WireLimits()) -> RPCMessage {
    Array(text.utf8).withUnsafeBytes { RPCMessage.parse($0, limits: limits) }
}

/// The answers to one line from a server that has the methods of the specification's examples; nil for no answer.
func answer(_ line: String, limits: WireLimits = WireLimits()) -> String? {
    var writer = JSONWriter()
    switch message(line, limits: limits) {
    case .failure(let failure): writeAnswer(.failure(failure), to: &writer)
    case .single(let call): writeAnswer(call, to: &writer)
    case .batch(let calls):
        for call in calls {
            let before = writer.bytes.count
            writeAnswer(call, to: &writer)
            guard writer.bytes.count > before else { continue }
            writer.bytes.insert(UInt8(ascii: before == 0 ? "[" : ","), at: before)
        }
        if !writer.bytes.isEmpty { writer.writeRaw("]") }
    }
    return writer.bytes.isEmpty ? nil : writer.text
}

private func writeAnswer(_ call: Result<RPCRequest, RPCFailure>, to writer: inout JSONWriter) {
    do throws(RPCFailure) {
        let request = try call.get()
        let result = perform(request)
        guard let id = request.id else { return }
        switch result {
        case .success(let result): writer.writeResult(id: id) { $0.writeRaw(result.text) }
        case .failure(let error): writer.writeError(id: id, error)
        }
    } catch {
        guard let id = error.id else { return }
        // Without the data, the texts are those of the specification.
        writer.writeError(id: id, RPCError(code: error.error.code, message: "-"))
    }
}

private struct Subtraction: Decodable {
    let minuend: Int
    let subtrahend: Int
}

private func perform(_ request: RPCRequest) -> Result<RawJSON, RPCError> {
    do throws(WireDecodingError) {
        switch request.method {
        case "subtract":
            let numbers = try WireDecoder.decode(Subtraction.self, from: request.params ?? .emptyObject)
            return .success(.integer(numbers.minuend - numbers.subtrahend))
        case "get_data": return .success(RawJSON(unchecked: #"["hello",5]"#))
        default: return .failure(RPCError(code: RPCError.methodNotFound, message: "-"))
        }
    } catch {
        return .failure(RPCError(code: RPCError.invalidParams, message: error.message))
    }
}

/// A seeded generator (SplitMix64), so that a failing test fails again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
