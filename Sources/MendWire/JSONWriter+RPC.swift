// Whole messages, without the LF at the end, so that they can stand in a batch too: `endLine()` ends a line.
extension JSONWriter {
    /// `params`, if there are any, must be an object.
    package mutating func writeRequest(id: RequestID, method: String, params: RawJSON? = nil) {
        writeRaw("{\"jsonrpc\":\"2.0\",\"id\":")
        writeRaw(id.text)
        writeCall(method, params)
    }

    /// See ``writeRequest(id:method:params:)-(_,_,RawJSON?)``. When it throws, nothing is written.
    package mutating func writeRequest(
        id: RequestID, method: String, params: some Encodable
    ) throws(WireEncodingError) {
        try whole { writer throws(WireEncodingError) in
            writer.writeRaw("{\"jsonrpc\":\"2.0\",\"id\":")
            writer.writeRaw(id.text)
            try writer.writeCall(method, encoding: params)
        }
    }

    /// `params`, if there are any, must be an object.
    package mutating func writeNotification(method: String, params: RawJSON? = nil) {
        writeRaw("{\"jsonrpc\":\"2.0\"")
        writeCall(method, params)
    }

    /// When it throws, nothing is written.
    package mutating func writeNotification(method: String, params: some Encodable) throws(WireEncodingError) {
        try whole { writer throws(WireEncodingError) in
            writer.writeRaw("{\"jsonrpc\":\"2.0\"")
            try writer.writeCall(method, encoding: params)
        }
    }

    /// `result` writes one JSON value. When it throws, nothing is written.
    package mutating func writeResult<E: Error>(
        id: RequestID, _ result: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        try whole { writer throws(E) in
            writer.writeRaw("{\"jsonrpc\":\"2.0\",\"id\":")
            writer.writeRaw(id.text)
            writer.writeRaw(",\"result\":")
            try result(&writer)
            writer.writeRaw("}")
        }
    }

    /// `result` is one JSON value on one line.
    package mutating func writeResult(id: RequestID, bytes result: [UInt8]) {
        writeResult(id: id) { $0.writeRaw(result) }
    }

    /// When it throws, nothing is written.
    package mutating func writeResult(id: RequestID, encoding result: some Encodable) throws(WireEncodingError) {
        try writeResult(id: id) { writer throws(WireEncodingError) in try WireEncoder.encode(result, into: &writer) }
    }

    /// `id` is null when the request could not be made out.
    package mutating func writeError(id: RequestID, _ error: RPCError) {
        writeRaw("{\"jsonrpc\":\"2.0\",\"id\":")
        writeRaw(id.text)
        writeRaw(",\"error\":{\"code\":")
        writeInteger(error.code)
        writeRaw(",\"message\":")
        writeString(error.message)
        if let data = error.data {
            writeRaw(",\"data\":")
            writeRaw(data.text)
        }
        writeRaw("}}")
    }

    private mutating func writeCall(_ method: String, _ params: RawJSON?) {
        writeRaw(",\"method\":")
        writeString(method)
        if let params {
            writeRaw(",\"params\":")
            writeRaw(params.text)
        }
        writeRaw("}")
    }

    private mutating func writeCall(_ method: String, encoding params: some Encodable) throws(WireEncodingError) {
        writeRaw(",\"method\":")
        writeString(method)
        writeRaw(",\"params\":")
        try WireEncoder.encode(params, into: &self)
        writeRaw("}")
    }

    private mutating func whole<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        let start = bytes.count
        do throws(E) {
            try body(&self)
        } catch {
            bytes.removeSubrange(start...)
            throw error
        }
    }
}
