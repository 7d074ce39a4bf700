import MendWire

extension Load {
    /// What a connection asks next; nothing where it waits for an answer.
    func next(_ link: Link) -> Asked? {
        if !link.todo.isEmpty { return link.todo.removeFirst() }
        switch link.role {
        case .producer: return nextOfProducer(link)
        case .worker(let holds): return nextOfWorker(link, holds: holds)
        case .undoer:
            guard link.pending.isEmpty else { return nil }
            return .lease(.init(queue: Work.undoQueue, max: 8, leaseMs: 60_000, waitMs: 50, holds: true))
        case .saga: return nextOfSaga(link)
        case .reporter:
            guard bringsWork else { return nil }
            defer { ledger.nextReport += 1 }
            return .report(serial: ledger.nextReport)
        case .breakerUser(let breaker):
            guard bringsWork else { return nil }
            // One client at a time changes a setting, so that what was told last is what holds.
            if link.pending.isEmpty, random.oneIn(64) {
                // Not the default: a closed breaker without settings of its own is forgotten.
                return .configure(breaker: breaker, threshold: Int.random(in: 10...1000, using: &random))
            }
            return link.pending.contains { $0.value.isConfigure } ? nil : .acquire(breaker: breaker)
        }
    }

    private func nextOfProducer(_ link: Link) -> Asked? {
        guard bringsWork, live < mostLive || link.pending.isEmpty else { return nil }
        if let index = again.lastIndex(where: \.isEnqueue) { return again.remove(at: index) }
        if random.oneIn(24), let operation = recent.popLast() { return .cancel(operation: operation) }
        let kind: Asked.EnqueueKind =
            switch Int.random(in: 0..<16, using: &random) {
            case 0: .delayed
            case 1: .keyed
            case 2, 3: .idempotent
            default: .plain
            }
        defer { ledger.nextSerial += 1 }
        return .enqueue(serial: ledger.nextSerial, kind: kind)
    }

    private func nextOfWorker(_ link: Link, holds: Bool) -> Asked? {
        if let index = again.lastIndex(where: \.isComplete) { return again.remove(at: index) }
        if spendsHoard, link.pending.count < 4, let token = hoard.popLast() {
            workOn(link, token)
            if !link.todo.isEmpty { return link.todo.removeFirst() }
        }
        guard !link.pending.contains(where: { $0.value.isLease }) else { return nil }
        let isShort = !holds && random.oneIn(16)
        let waitMs = bringsWork ? (random.oneIn(2) ? 20 : 0) : 500
        return .lease(
            .init(
                queue: "q\(Int.random(in: 0..<Work.queues, using: &random))",
                max: Int.random(in: 1...20, using: &random), leaseMs: isShort ? 1_500 : 60_000,
                waitMs: waitMs, holds: holds))
    }

    private func nextOfSaga(_ link: Link) -> Asked? {
        guard link.pending.isEmpty else { return nil }
        if let saga = abandonedSagas.popLast() {
            // What its owner left undecided is decided by somebody else.
            let told = ledger.sagas[saga]
            return told.isCommitAsked ? .commit(saga: saga) : .rollback(saga: saga)
        }
        guard bringsWork else { return nil }
        guard let saga = link.saga else {
            let saga = ledger.newSaga()
            link.saga = saga
            return .begin(saga: saga)
        }
        let told = ledger.sagas[saga]
        guard told.id != nil else {
            // It was not begun: there was no room for it.
            link.saga = nil
            return nil
        }
        if told.stepsTold >= 6 || (told.stepsTold >= 2 && random.oneIn(4)) {
            link.saga = nil
            return random.oneIn(2) ? .commit(saga: saga) : .rollback(saga: saga)
        }
        return .step(saga: saga, number: told.stepsTold + 1)
    }

    /// What an answer gives to do.
    func follow(_ link: Link, _ asked: Asked, _ answer: JSONValue) {
        guard let result = answer["result"] else { return }
        switch asked {
        case .enqueue:
            if let operation = result["operation"]?.integerValue, random.oneIn(16),
                result["deduplicated"]?.boolValue != true, recent.count < 1_000
            {
                recent.append(operation)
            }
        case .lease(let lease): work(link, lease, result)
        case .step(let saga, let number):
            if random.oneIn(2) { link.todo.append(.confirm(saga: saga, step: number)) }
        case .acquire:
            if let permit = result["permit"]?.integerValue { link.todo.append(.record(permit: permit)) }
        default: break
        }
    }

    private func work(_ link: Link, _ lease: Asked.Lease, _ result: JSONValue) {
        for element in result["operations"]?.elements.map({ $0 }) ?? [] {
            guard let operation = element["operation"]?.integerValue, let token = element["lease"]?.integerValue else {
                continue
            }
            let held = Asked.Token(operation: operation, lease: token)
            link.leased.append(held)
            if lease.queue == Work.undoQueue {
                link.todo.append(.complete(held))
                continue
            }
            if hoard.count < mostHoarded, !lease.holds, lease.leaseMs > 10_000 {
                hoard.append(held)
            } else {
                workOn(link, held)
            }
        }
    }

    private func workOn(_ link: Link, _ held: Asked.Token) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<78: link.todo.append(.complete(held))
        case 78..<84: link.todo += [.extend(held, leaseMs: 50_000), .complete(held)]
        case 84..<92: link.todo.append(.fail(held))
        case 92..<99: link.todo.append(.release(held))
        // A worker that hangs: the lease runs out.
        default: break
        }
    }
}

extension Asked {
    var isEnqueue: Bool { if case .enqueue = self { true } else { false } }
    var isLease: Bool { if case .lease = self { true } else { false } }
    var isConfigure: Bool { if case .configure = self { true } else { false } }

    /// The request; what is asked of a transaction needs the id that was told.
    func line(id: Int, _ ledger: Ledger) -> String {
        let (method, saga, rest): (String, Int, String) =
            switch self {
            case .step(let saga, let number):
                (
                    "step", saga,
                    #","name":"s\#(number)","undo":{"queue":"\#(Work.undoQueue)","payload":\#(Work.undo(saga, number))}"#
                )
            case .confirm(let saga, let step): ("confirm", saga, #","step":\#(step)"#)
            case .commit(let saga): ("commit", saga, "")
            case .rollback(let saga): ("rollback", saga, "")
            default: ("", 0, "")
            }
        guard !method.isEmpty else { return line(id: id) }
        let transaction = ledger.sagas[saga].id ?? 0
        return #"{"jsonrpc":"2.0","id":\#(id),"method":"transaction.\#(method)","#
            + #""params":{"transaction":\#(transaction)\#(rest)}}"# + "\n"
    }
}
