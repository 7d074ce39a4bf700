import MendWire

extension RPCError {
    /// A failed call as it goes over the wire.
    package init(_ error: CallError) {
        // Details are words, numbers and texts: they can always be written.
        let details = try? WireEncoder.text(of: error.details)
        self.init(code: error.reason.code, message: error.message, data: details.map(RawJSON.init(unchecked:)))
    }
}

extension CallError {
    /// A failed call as a client reads it. A reason that this version does not know becomes the one of its number's kind.
    package init(_ error: RPCError) {
        let details = error.data.flatMap { data in
            try? WireDecoder.decode(Details.self, from: data.document.root, unknownMembers: .ignore)
        }
        self.init(
            details?.reason ?? Reason(code: error.code) ?? .internalError, error.message, field: details?.field,
            hint: details?.hint, retryAfterMs: details?.retryAfterMs)
    }
}
