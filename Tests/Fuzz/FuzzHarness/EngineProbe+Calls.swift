import MendEngine
import MendProtocol
import MendWire

extension EngineProbe {
    /// Does what one line asks for.
    func take(line bytes: [UInt8]) throws {
        tally.lines += 1
        let judge = LineJudge(bytes, limits: limits)
        let message = bytes.withUnsafeBytes { RPCMessage.parse($0, limits: limits) }
        try judge.compare(with: message)
        switch message {
        case .failure(let failure): try answer(failure)
        case .single(let request): try begin(request)
        case .batch(let requests): for request in requests { try begin(request) }
        }
    }

    private func begin(_ request: Result<RPCRequest, RPCFailure>) throws {
        switch request {
        case .failure(let failure): try answer(failure)
        case .success(let request):
            let id = request.id.map { Array($0.text.utf8) }
            let call = Call(id: id, checkAnswer: { _ in }, line: line)
            guard let method = methods[request.method] else {
                return try answer(call, .failure(CallError(.methodNotFound, "there is no such method")))
            }
            do {
                try begin(method, request.params ?? .emptyObject, id)
            } catch let error as CallError {
                try answer(call, .failure(error))
            }
        }
    }

    private func begin<M: Method>(_ type: M.Type, _ params: JSONValue, _ id: [UInt8]?) throws {
        guard caller.role >= type.role else {
            throw CallError(.permissionDenied, "\(type.name) needs the role \(type.role.rawValue)")
        }
        let call = Call(id: id, checkAnswer: Self.checkAnswer(of: type), line: line)
        let (method, meta) = try decode(type, params)
        switch method {
        case let method as any WriterMethod:
            lastNumber += 1
            open[lastNumber] = call
            pending.append(
                WriterCall(
                    method, ticket: Ticket(origin: origin, number: lastNumber), caller: caller, meta: meta,
                    owner: owner(of: method), readAtMs: now.elapsedMs))
            if pending.count >= batchSize { try commit() }
        case let method as any ReaderMethod:
            try checkIsRead(meta, type.name)
            // A read comes after the writes that its connection sent before it.
            try commit()
            try answer(call, read(method))
        case let method as any BreakerMethod:
            try checkIsRead(meta, type.name)
            try answer(call, ask(method, meta))
            if engine.breakers.claimPersist() {
                pending.append(.persistBreakers(ticket: unanswered()))
                try commit()
            }
        default:
            // The server's own: it has no state that a call could harm.
            tally.results += 1
        }
    }

    private func decode<M: Method>(_ type: M.Type, _ params: JSONValue) throws(CallError) -> (M, Meta) {
        do throws(WireDecodingError) {
            let method = try WireDecoder.decode(type, from: params, ignoring: [Meta.member])
            guard let meta = params[Meta.member] else { return (method, Meta()) }
            return (method, try WireDecoder.decode(Meta.self, from: meta))
        } catch {
            throw CallError(.invalidParams, error.message, field: error.path)
        }
    }

    private func read<M: ReaderMethod>(_ method: M) -> Result<any Encodable & Sendable, CallError> {
        do throws(CallError) {
            return .success(try engine.reader.answer(method, caller: caller, now: now, facts: Self.facts))
        } catch {
            return .failure(error)
        }
    }

    private func ask<M: BreakerMethod>(_ method: M, _ meta: Meta) -> Result<any Encodable & Sendable, CallError> {
        do throws(CallError) {
            let call = TableCall(caller: caller, meta: meta, owner: owner(of: method), now: now)
            return .success(try method.answer(from: engine.breakers, call: call))
        } catch {
            return .failure(error)
        }
    }

    private func checkIsRead(_ meta: Meta, _ name: String) throws(CallError) {
        if meta.idempotencyKey != nil { throw .takesNoIdempotencyKey(name) }
    }

    /// Every process lives, until a direction says that it died.
    private func owner(of method: any Method) -> Owner? {
        switch (method as? any HoldingMethod)?.hold {
        case nil: nil
        case .connection: .connection(ConnectionOwner(origin))
        case .process(let pid): .process(process(pid))
        }
    }

    func process(_ pid: Int32) -> ProcessIdentity {
        ProcessIdentity(pid: pid, uid: caller.uid, startTicks: 1, bootID: clock.bootID)
    }

    /// Whether a client could read the answer.
    private static func checkAnswer<M: Method>(of type: M.Type) -> (JSONValue) throws -> Void {
        { _ = try WireDecoder.decode(M.Answer.self, from: $0, unknownMembers: .ignore) }
    }

    // MARK: Commits

    /// A ticket for what the server itself asks: nobody waits for the answer.
    func unanswered() -> Ticket { Ticket(origin: Origin(), number: 0) }

    func commit() throws {
        let calls = pending
        pending = []
        for outcome in try engine.commit(calls, now: now) {
            guard outcome.ticket.origin === origin else { continue }
            guard let call = open.removeValue(forKey: outcome.ticket.number) else {
                throw Finding("call \(outcome.ticket.number) was answered twice, or after its wait had ended")
            }
            if case .success(let answer as Queue.Lease.Answer) = outcome.result, !answer.operations.isEmpty {
                leased = answer.operations.map { ($0.operation, $0.lease) }
            }
            if call.line < line { tally.late += 1 }
            try answer(call, outcome.result)
        }
    }

    // MARK: Answers

    private func answer(_ failure: RPCFailure) throws {
        guard let id = failure.id else {
            tally.notifications += 1
            return
        }
        tally.refusals += 1
        var writer = JSONWriter()
        writer.writeError(id: id, failure.error)
        writer.endLine()
        try LineJudge.checkAnswer(writer.bytes, to: Array(id.text.utf8))
    }

    /// Writes an answer as the server does and checks it; of a notification, too, whose answer goes nowhere.
    private func answer(_ call: Call, _ result: Result<any Encodable & Sendable, CallError>) throws {
        let id = call.id ?? Array("null".utf8)
        let requestID = try JSONDocument(parsing: shown(id)).root
        guard let requestID = RequestID(requestID) else { throw Finding("the id \(shown(id)) was lost") }
        var writer = JSONWriter()
        switch result {
        case .success(let answer): try writer.writeResult(id: requestID, encoding: answer)
        case .failure(let error): writer.writeError(id: requestID, RPCError(error))
        }
        writer.endLine()
        let code = try LineJudge.checkAnswer(writer.bytes, to: id)
        let isLong = writer.bytes.count > limits.lineBytes
        try expect(!isLong, "an answer has \(writer.bytes.count) bytes")
        if code == nil {
            let response = try writer.bytes.dropLast().withUnsafeBytes { try RPCResponse.parse($0) }
            if let result = response.result { try call.checkAnswer(result) }
        }
        if call.id == nil {
            tally.notifications += 1
        } else if code == nil {
            tally.results += 1
        } else {
            tally.refusals += 1
        }
    }
}
