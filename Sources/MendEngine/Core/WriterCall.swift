import MendProtocol
import MendWire

/// A decoded call on its way to the writer.
package struct WriterCall: Sendable {
    package let ticket: Ticket
    package let caller: Caller
    let meta: Meta
    let owner: Owner?
    let deadlineMs: Int64?
    let body: any WriterBody
    /// How long its line was, which is about what it may write.
    package var bytes = 0

    /// - Parameters:
    ///   - owner: what the call's lease or transaction is tied to.
    ///   - readAtMs: elapsed time at which the call was read, from which its deadline counts.
    ///   - intake: what is needed to prepare the call here; nothing where the writer is to do all of it.
    package init(
        _ method: some WriterMethod, ticket: Ticket, caller: Caller, meta: Meta, owner: Owner? = nil,
        readAtMs: Int64? = nil, intake: ReportIntake? = nil
    ) {
        self.ticket = ticket
        self.caller = caller
        self.meta = meta
        self.owner = owner
        deadlineMs = readAtMs.flatMap { readAt in meta.deadlineMs.map { readAt + $0.value } }
        body = MethodBody(
            method: method, prepared: intake.flatMap { method.prepared(by: $0, for: caller, meta: meta) })
    }

    /// What the server asks by itself: no answer is waited for.
    init(body: any WriterBody, ticket: Ticket, caller: Caller) {
        self.ticket = ticket
        self.caller = caller
        self.body = body
        meta = Meta()
        owner = nil
        deadlineMs = nil
    }

    /// Whether what it changes is taken back in any case.
    var isDryRun: Bool { meta.dryRun == true }

    func outcome(in scope: Scope) throws -> CallOutcome? {
        let context = CallContext(
            scope: scope, caller: caller, meta: meta, ticket: ticket, owner: owner, deadlineMs: deadlineMs)
        guard let answer = try body.run(context) else { return nil }
        return CallOutcome(ticket: ticket, result: .success(answer))
    }
}

/// What a call does, its type forgotten.
protocol WriterBody: Sendable {
    /// The answer; nothing where it comes later.
    func run(_ call: CallContext) throws -> (any Encodable & Sendable)?
}

private struct MethodBody<M: WriterMethod>: WriterBody {
    let method: M
    let prepared: PreparedCall<M.Answer>?

    func run(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        try call.checkDeadline()
        if M.bringsNewWork, call.engine.isShortOfSpace {
            throw call.refusalForSpace(isReport: M.self == Errors.Report.self)
        }
        guard let key = call.meta.idempotencyKey else { return try apply(call) }
        return try call.once(key, method) { try apply(call) }
    }

    private func apply(_ call: CallContext) throws -> (any Encodable & Sendable)? {
        let answer: M.Answer? =
            switch try prepared?(call) ?? method.apply(call) {
            case .now(let answer): answer
            case .later: nil
            }
        if M.role == .operator, call.meta.dryRun != true { try call.journalOperatorCall(method) }
        return answer
    }
}

extension CallContext {
    func checkDeadline() throws(CallError) {
        guard let deadlineMs, deadlineMs < now.elapsedMs else { return }
        throw .deadlineExceeded
    }

    private static let toldParamsMaxBytes = 16 << 10

    /// What an operator does to others' things is told to everybody.
    fileprivate func journalOperatorCall<M: WriterMethod>(_ method: M) throws {
        var event = NewEvent(.operatorCall, "user \(caller.uid) called \(M.name)")
        event.caller = caller
        event.correlation = meta.correlation
        let sent = RawJSON(unchecked: try WireEncoder.text(of: method))
        let subject = try WireDecoder.decode(
            CallSubject.self, from: sent.document.root, unknownMembers: .ignore)
        event.operation = subject.operation
        event.queue = subject.queue
        event.breaker = subject.breaker
        event.transaction = subject.transaction
        let params = try engine.settings.masker.masked(sent) ?? sent
        // An event has to fit into the lines in which it is told beside others.
        let bytes = params.text.utf8.count
        let told = bytes <= Self.toldParamsMaxBytes ? #""params":\#(params.text)"# : #""params_bytes":\#(bytes)"#
        event.details = #"{"method":"\#(M.name)",\#(told)}"#
        try scope.journal(event)
    }
}

extension CallError {
    package static let deadlineExceeded = CallError(
        .deadlineExceeded, "the call could not be begun within its deadline; nothing was done",
        field: "_meta.deadline_ms", hint: "ask again, or wait longer")
}

/// What a call is about, as far as its parameters say so by the names that all methods use.
private struct CallSubject: Decodable {
    let operation: Int64?
    let queue: Name?
    let breaker: Name?
    let transaction: Int64?
}
