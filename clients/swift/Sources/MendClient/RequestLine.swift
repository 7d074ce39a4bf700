import MendProtocol
import MendWire

/// One call or notification as the line that is sent.
struct RequestLine {
    enum Params {
        case encoding(any Encodable, Meta?)
        /// As it is; an object.
        case raw(RawJSON?)
    }

    let method: String
    let params: Params

    init<M: Method>(_ call: M, meta: Meta?) {
        method = M.name
        params = .encoding(call, meta)
    }

    init(method: String, params: RawJSON?) {
        self.method = method
        self.params = .raw(params)
    }

    /// `id` is nil for a notification.
    func bytes(id: Int?, limit: Int) throws(ClientError) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        do throws(WireEncodingError) {
            switch (id, params) {
            case (let id?, .encoding(let call, let meta)):
                try writer.writeRequest(id: RequestID(id), method: method, params: WithMeta(call: call, meta: meta))
            case (nil, .encoding(let call, let meta)):
                try writer.writeNotification(method: method, params: WithMeta(call: call, meta: meta))
            case (let id?, .raw(let params)):
                writer.writeRequest(id: RequestID(id), method: method, params: params)
            case (nil, .raw(let params)):
                writer.writeNotification(method: method, params: params)
            }
        } catch {
            throw .failed(FailedCall(CallError(.invalidParams, error.message)))
        }
        guard writer.bytes.count <= limit else {
            throw .failed(
                FailedCall(
                    CallError(
                        .tooLarge, "the call takes \(writer.bytes.count) bytes, more than \(limit)",
                        hint: "keep large data elsewhere and send where it is")))
        }
        writer.endLine()
        return writer.bytes
    }
}

/// The parameters of a call and the member `_meta` in one object.
private struct WithMeta: Encodable {
    let call: any Encodable
    let meta: Meta?

    enum CodingKeys: String, CodingKey { case meta = "_meta" }

    func encode(to encoder: any Encoder) throws {
        try call.encode(to: encoder)
        guard let meta else { return }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(meta, forKey: .meta)
    }
}
