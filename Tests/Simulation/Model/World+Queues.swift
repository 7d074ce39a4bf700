import MendEngine
import MendProtocol
import MendWire

extension World {
    static let names = (0..<3).map { Name(unchecked: "work-\($0)") }

    func enqueue() {
        let connection = anyConnection()
        guard let queue = pick(Self.names) else { return }
        let operation = queues.new(uid: connection.caller.uid, queue: queue, someWishes())
        let wishes = operation.wishes
        var call = Queue.Enqueue(
            queue: queue, payload: RawJSON(unchecked: "\(operation.nonce)"),
            priority: Priority(unchecked: number(0...3)), delayMs: wishes.delayMs.map(Milliseconds.init(unchecked:)),
            runAt: wishes.runAt.map(Timestamp.init(unchecked:)), key: wishes.key,
            maxAttempts: Attempts(unchecked: wishes.maxAttempts), lane: wishes.lane,
            onDead: wishes.blocksLane ? .block : nil)
        call.expiresMs = wishes.expiresMs.map(PositiveMilliseconds.init(unchecked:))
        sendOnce(call, from: connection) { [queues] told in
            switch told {
            case .success(let answer):
                try queues.enqueued(operation, as: answer.operation, deduplicated: answer.deduplicated)
            case .failure(let error):
                // The wall clock may have been set since, and bring `run_at` behind the end.
                let mayBeLate = error.reason == .invalidParams && wishes.expiresMs != nil && wishes.runAt != nil
                try require(error.reason == .queueFull || mayBeLate, .nothingLost, error.message)
            case nil: break
            }
        }
    }

    private func someWishes() -> QueueModel.Wishes {
        var wishes = QueueModel.Wishes(maxAttempts: number(1...6))
        if chance(20) { wishes.key = "key-\(number(0...5))" }
        if chance(20) { wishes.delayMs = number(0...50_000) }
        if wishes.delayMs == nil, chance(10) { wishes.runAt = now.wallMs + number(-5_000...50_000) }
        if chance(15) { wishes.expiresMs = (wishes.delayMs ?? 50_000) + number(1...200_000) }
        if chance(30) {
            wishes.lane = "lane-\(number(0...2))"
            wishes.blocksLane = chance(25)
        }
        return wishes
    }

    func lease() {
        guard let queue = pick(Self.names) else { return }
        lease([queue] + (chance(20) ? Self.names.filter { $0 != queue } : []), from: anyConnection())
    }

    func leaseUndo() { lease([TransactionModel.queue], from: anyConnection()) }

    private func lease(_ names: [Name], from connection: Connection) {
        let leaseMs = number(100...120_000)
        var call = Queue.Lease(
            queues: names, max: PageSize(unchecked: number(1...3)), leaseMs: PositiveMilliseconds(unchecked: leaseMs))
        let owner = someOwner(of: connection)
        if chance(30) { call.waitMs = Milliseconds(unchecked: number(1...30_000)) }
        let caller = connection.caller
        send(call, from: connection, owner: owner) { [weak self] told in
            guard let self, case .success(let answer) = told else { return }
            for leased in answer.operations {
                try queues.given(leased.lease)
                guard let nonce = Int64(leased.payload.text) else {
                    throw Violation(.nothingInvented, "the payload \(leased.payload.text) was never sent")
                }
                if chance(2) {
                    giveBack(leased)
                } else if leased.transaction == nil {
                    try queues.leased(
                        leased, nonce: nonce, uid: caller.uid, owner: owner, untilMs: now.elapsedMs + leaseMs, now: now)
                    if !isAlive(owner) { owner.map(queues.ownerEnds) }
                } else {
                    try transactions.leased(leased, nonce: nonce, uid: caller.uid)
                }
            }
        }
        lastMayWait(for: names)
    }

    /// Whether a process that is to own something has not ended since it was named.
    func isAlive(_ owner: Owner?) -> Bool {
        if case .process(let process) = owner { processes.contains(process) } else { true }
    }

    func someOwner(of connection: Connection) -> Owner? {
        switch number(0...3) {
        case 0: connection.owner
        case 1: processes.first { $0.uid == connection.caller.uid }.map(Owner.process)
        default: nil
        }
    }

    // MARK: The end of a lease

    func endLease() {
        guard let operation = pick(queues.held), let id = operation.id, let holding = operation.holding else { return }
        let connection = connection(of: holding.uid)
        switch number(0...10) {
        case 0...4: complete(operation, id, holding, from: connection)
        case 5...6: fail(operation, id, holding, from: connection)
        case 7: snooze(operation, id, holding, from: connection)
        case 8:
            send(Queue.Release(operation: id, lease: holding.lease), from: connection) { [weak self] told in
                try self?.settle(operation, holding, told) { self?.queues.release(operation) }
            }
        default: extend(operation, id, holding, from: connection)
        }
    }

    private func complete(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        let call = Queue.Complete(operation: id, lease: holding.lease)
        for _ in 0..<(chance(10) ? 2 : 1) {
            send(call, from: connection) { [weak self] told in
                if operation.doneWith == holding.lease {
                    guard case .failure(let error) = told, !operation.isGone else { return }
                    throw Violation(.saidAgain, "complete said again was refused: \(error.message)")
                }
                try self?.settle(operation, holding, told) {
                    operation.doneWith = holding.lease
                    self?.queues.ended(operation, .done)
                }
                self?.remember(call, of: operation, told, as: connection.caller)
            }
        }
    }

    private func fail(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        var error = Errors.Report(message: "it did not work")
        error.category = chance(80) ? .transient : .validation
        let call = Queue.Fail(operation: id, lease: holding.lease, error: error)
        send(call, from: connection) { [weak self] told in
            let state = try? told?.get().state
            try self?.settle(operation, holding, told) {
                switch state {
                case .dead: self?.queues.ended(operation, .dead)
                case .expired: self?.queues.ended(operation, .expired)
                default: self?.queues.release(operation)
                }
            }
            self?.remember(call, of: operation, told, as: connection.caller)
        }
    }

    private func snooze(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        let delayMs = number(0...60_000)
        let call =
            chance(80)
            ? Queue.Snooze(operation: id, lease: holding.lease, delayMs: Milliseconds(unchecked: delayMs))
            : Queue.Snooze(operation: id, lease: holding.lease, runAt: Timestamp(unchecked: now.wallMs + delayMs))
        send(call, from: connection) { [weak self] told in
            // It would be over before it is ready again: the lease goes on.
            if case .failure(let error) = told, error.reason == .invalidParams, operation.wishes.expiresMs != nil {
                return
            }
            try self?.settle(operation, holding, told) { self?.queues.release(operation) }
        }
    }

    private func extend(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        let leaseMs = number(100...120_000)
        let call = Queue.Extend(
            operation: id, lease: holding.lease, leaseMs: PositiveMilliseconds(unchecked: leaseMs))
        send(call, from: connection) { [weak self] told in
            guard let self else { return }
            try settle(operation, holding, told) {
                operation.holding?.untilMs = self.now.elapsedMs + leaseMs
                // An orphan of an earlier run is tied to whoever presents its token.
                if operation.holding?.isOrphan == true {
                    operation.holding?.isOrphan = false
                    operation.holding?.owner = connection.owner
                }
            }
        }
    }

    /// A lease that has not ended is honoured; what a lost answer may have done is not known.
    private func settle<Answer>(
        _ operation: QueueModel.Operation, _ holding: QueueModel.Holding, _ told: Result<Answer, CallError>?,
        _ done: () -> Void
    ) throws {
        // Somebody else's, by now: nothing that this answer says is about the new lease.
        let isCurrent = operation.holding?.lease == holding.lease
        switch told {
        case .success:
            if isCurrent { done() }
        case .failure(let error):
            let mayBeOver =
                !isCurrent || operation.holding?.mayHaveEnded == true
                || (operation.holding?.untilMs ?? 0) <= now.elapsedMs
            try require(
                mayBeOver, .leaseKept, "lease \(holding.lease) of operation \(operation.id ?? 0): \(error.message)")
            if isCurrent { queues.release(operation) }
            operation.isUncertain = true
        case nil:
            operation.holding?.mayHaveEnded = true
            operation.isUncertain = true
        }
    }
}
