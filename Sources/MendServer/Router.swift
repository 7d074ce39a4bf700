import MendEngine
import MendProtocol
import MendWire

/// What is to be done for a call, its parameters decoded and its type forgotten.
enum Work: Sendable {
    /// At the writer.
    case write(WriteKind, Hold?, @Sendable (Ticket, Owner?, Running) -> WriterCall)
    /// At a reader; it steps aside. The answer is encoded there.
    case read(@Sendable (Running, ServerFacts) throws(CallError) -> RawJSON)
    /// From the breakers' table, at once.
    case table(Hold?, @Sendable (Running, Owner?) throws(CallError) -> any Encodable & Sendable)
    /// On the connection itself.
    case own(OwnWork)
    /// Nothing more: here is the answer.
    case answered(any Encodable & Sendable)
}

/// What a call does to its own connection.
enum OwnWork: Sendable {
    case follow(Events.Follow)
    case unfollow(Events.Unfollow)
    case cancel(MendProtocol.System.Cancel)
}

/// What else is to be known of a write.
enum WriteKind: Sendable {
    case plain
    /// It may be answered late, so it steps aside: later calls overtake it.
    case mayWait
    /// Breaker calls that come after it wait for it.
    case changesBreakers
}

/// A method as the server sees it.
struct Route: Sendable {
    typealias Prepare = @Sendable (JSONValue, ServerCore, Caller) throws(CallError) -> Work

    let role: Role
    let prepare: Prepare
}

/// The methods by name: each registered by its type, with a closure that knows that type.
struct Router: Sendable {
    private let routes: [String: Route]

    init() {
        var routes: [String: Route] = [:]
        for method in Methods.all { routes[method.name] = Route(method) }
        self.routes = routes
    }

    func route(_ name: String, for caller: Caller) throws(CallError) -> Route {
        guard let route = routes[name] else {
            throw CallError(
                .methodNotFound, "there is no method \(name.prefix(128))",
                hint: nearest(to: name, among: routes.keys).map { "did you mean \($0)?" } ?? "rpc.discover names all")
        }
        guard caller.role >= route.role else {
            throw CallError(
                .permissionDenied,
                "\(name) needs the role \(route.role.rawValue); user \(caller.uid) has \(caller.role.rawValue)",
                hint: "an administrator can give it in mend.yaml, under roles")
        }
        return route
    }
}

extension Route {
    fileprivate init(_ method: any Method.Type) {
        role = method.role
        prepare =
            switch method {
            case let method as any ConnectionMethod.Type: Self.onConnection(method)
            case let method as any ReportCarrying.Type: Self.reporting(method)
            case let method as any WriterMethod.Type: Self.writing(method)
            case let method as any ReaderMethod.Type: Self.reading(method)
            case let method as any (BreakerMethod & HoldingMethod).Type: Self.atTableHolding(method)
            case let method as any BreakerMethod.Type: Self.atTable(method) { _ in nil }
            case let method as any ServerMethod.Type: Self.atOnce(method)
            default: preconditionFailure("\(method.name) has no handler; it needs one to be in the list")
            }
    }

    private static func reporting<M: ReportCarrying>(_ type: M.Type) -> Prepare {
        writing(type) { method, core, caller in
            if method.tellsKill, core.memoryKills.explain(method.carriedReport, from: caller) {
                method.carriedReport.isKnownOutOfMemory = true
            }
        }
    }

    private static func writing<M: WriterMethod>(_ type: M.Type) -> Prepare { writing(type) { _, _, _ in } }

    /// - Parameter fill: adds what the server knows to the parameters.
    private static func writing<M: WriterMethod>(
        _ type: M.Type, fill: @escaping @Sendable (inout M, ServerCore, Caller) -> Void
    ) -> Prepare {
        let changesBreakers = type is any BreakerChangingMethod.Type
        // Casts to protocols are slow; most methods need none.
        let waits = type is any WaitingMethod.Type
        let holds = type is any HoldingMethod.Type
        return { params, core, caller throws(CallError) in
            var (method, meta) = try decode(type, params)
            fill(&method, core, caller)
            let mayWait = waits && (method as? any WaitingMethod)?.mayWait == true
            let kind: WriteKind = mayWait ? .mayWait : changesBreakers ? .changesBreakers : .plain
            return .write(kind, holds ? (method as? any HoldingMethod)?.hold : nil) {
                [method, meta] ticket, owner, running in
                WriterCall(
                    method, ticket: ticket, caller: caller, meta: meta, owner: owner,
                    readAtMs: meta.deadlineMs == nil ? nil : running.writer.now.elapsedMs, intake: running.intake)
            }
        }
    }

    private static func reading<M: ReaderMethod>(_ type: M.Type) -> Prepare {
        { params, core, caller throws(CallError) in
            let (method, meta) = try decode(type, params)
            try meta.checkIsRead(type.name)
            let deadline = Deadline(meta, core.clock)
            return .read { running, facts throws(CallError) in
                try deadline?.check()
                let answer = try running.reader.answer(method, caller: caller, now: running.writer.now, facts: facts)
                return try encoded(answer)
            }
        }
    }

    private static func atTableHolding<M: BreakerMethod & HoldingMethod>(_ type: M.Type) -> Prepare {
        atTable(type) { $0.hold }
    }

    private static func atTable<M: BreakerMethod>(_ type: M.Type, hold: @escaping @Sendable (M) -> Hold?) -> Prepare {
        { params, core, caller throws(CallError) in
            let (method, meta) = try decode(type, params)
            try meta.checkIsRead(type.name)
            let deadline = Deadline(meta, core.clock)
            return .table(hold(method)) { running, owner throws(CallError) in
                try deadline?.check()
                let call = TableCall(caller: caller, meta: meta, owner: owner, now: running.writer.now)
                return try method.answer(from: running.breakers, call: call)
            }
        }
    }

    private static func onConnection<M: ConnectionMethod>(_ type: M.Type) -> Prepare {
        { params, _, _ throws(CallError) in
            let (method, meta) = try decode(type, params)
            try meta.checkIsRead(type.name)
            if meta.dryRun == true {
                throw CallError(
                    .invalidParams, "\(type.name) is about this connection and cannot be tried out",
                    field: "_meta.dry_run")
            }
            return .own(method.work)
        }
    }

    private static func atOnce<M: ServerMethod>(_ type: M.Type) -> Prepare {
        { params, core, caller throws(CallError) in
            let (method, meta) = try decode(type, params)
            try meta.checkIsRead(type.name)
            return .answered(try method.answer(from: core, caller: caller))
        }
    }
}

/// Until when a call must have been begun that the writer does not see.
private struct Deadline: Sendable {
    private let endMs: Int64
    private let clock: any Clock

    /// Nothing where the caller named none. It counts from when the call was read, which is now.
    init?(_ meta: Meta, _ clock: any Clock) {
        guard let deadlineMs = meta.deadlineMs else { return nil }
        self.clock = clock
        endMs = clock.read().sinceBootMs + deadlineMs.value
    }

    func check() throws(CallError) {
        if clock.read().sinceBootMs > endMs { throw .deadlineExceeded }
    }
}

/// A method that is about the connection it comes on.
protocol ConnectionMethod: Method {
    var work: OwnWork { get }
}

extension Events.Follow: ConnectionMethod { var work: OwnWork { .follow(self) } }
extension Events.Unfollow: ConnectionMethod { var work: OwnWork { .unfollow(self) } }
extension MendProtocol.System.Cancel: ConnectionMethod { var work: OwnWork { .cancel(self) } }

/// A method that is answered by the server itself.
protocol ServerMethod: Method {
    func answer(from core: ServerCore, caller: Caller) throws(CallError) -> Answer
}

/// A method after which breakers decide otherwise.
protocol BreakerChangingMethod: WriterMethod {}

extension Breaker.Configure: BreakerChangingMethod {}
extension Breaker.Force: BreakerChangingMethod {}
extension Breaker.Reset: BreakerChangingMethod {}
extension Breaker.Delete: BreakerChangingMethod {}

private func decode<M: Method>(_ type: M.Type, _ params: JSONValue) throws(CallError) -> (M, Meta) {
    do {
        let method = try WireDecoder.decode(type, from: params, ignoring: [Meta.member])
        return (method, try params[Meta.member].map(decodeMeta) ?? Meta())
    } catch {
        var failure = CallError(error)
        if error.kind == .missing, let sent = nearest(to: error.path, among: params.members.lazy.map(\.name)) {
            failure.hint = "\(sent) was sent; is that \(error.path), misspelt?"
        }
        throw failure
    }
}

extension Meta {
    /// Refuses what means nothing for a method that changes nothing durable.
    fileprivate func checkIsRead(_ method: String) throws(CallError) {
        if idempotencyKey != nil { throw CallError.takesNoIdempotencyKey(method) }
    }
}

private func decodeMeta(_ value: JSONValue) throws(WireDecodingError) -> Meta {
    switch value.kind {
    case .object: break
    case .null: return Meta()
    default:
        throw WireDecodingError(.wrongType, path: Meta.member, message: "\(Meta.member) must be an object")
    }
    do {
        return try WireDecoder.decode(Meta.self, from: value)
    } catch {
        throw WireDecodingError(
            error.kind, path: "\(Meta.member).\(error.path)", message: "\(Meta.member).\(error.message)",
            known: error.known)
    }
}

extension CallError {
    /// What a caller is told of parameters that do not fit.
    init(_ error: WireDecodingError) {
        let known = error.known.joined(separator: ", ")
        let name = error.path.split(separator: ".").last.map(String.init) ?? error.path
        let hint: String? =
            switch error.kind {
            case .unknownMember:
                nearest(to: name, among: error.known).map { "did you mean \($0)?" } ?? "known are: \(known)"
            default: nil
            }
        self.init(.invalidParams, error.message, field: error.path, hint: hint)
    }
}

private func encoded(_ value: some Encodable) throws(CallError) -> RawJSON {
    do {
        return RawJSON(unchecked: try WireEncoder.text(of: value))
    } catch {
        throw CallError(.internalError, "the answer cannot be written: \(error)")
    }
}
