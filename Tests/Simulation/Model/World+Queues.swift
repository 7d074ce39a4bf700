import MendEngine
import MendProtocol
import MendWire

extension World {
    private static let names = (0..<3).map { Name(unchecked: "work-\($0)") }

    func enqueue() {
        let connection = anyConnection()
        guard let queue = pick(Self.names) else { return }
        let key = chance(20) ? "key-\(number(0...5))" : nil
        let operation = queues.new(
            uid: connection.caller.uid, queue: queue, key: key, maxAttempts: number(1...6))
        var call = Queue.Enqueue(
            queue: queue, payload: RawJSON(unchecked: "\(operation.nonce)"),
            priority: Priority(unchecked: number(0...3)), key: key,
            maxAttempts: Attempts(unchecked: operation.maxAttempts))
        if chance(20) { call.delayMs = Milliseconds(unchecked: number(0...50_000)) }
        if call.delayMs == nil, chance(10) { call.runAt = Timestamp(unchecked: now.wallMs + number(-5_000...50_000)) }
        send(call, from: connection) { [queues] told in
            switch told {
            case .success(let answer):
                try queues.enqueued(operation, as: answer.operation, deduplicated: answer.deduplicated)
            case .failure(let error): try require(error.reason == .queueFull, .nothingLost, error.message)
            case nil: break
            }
        }
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
                if leased.transaction == nil {
                    try queues.leased(
                        leased, nonce: nonce, uid: caller.uid, owner: owner, untilMs: now.elapsedMs + leaseMs, now: now)
                    if !isAlive(owner) { owner.map(queues.ownerEnds) }
                } else {
                    try transactions.leased(
                        leased, nonce: nonce, uid: caller.uid, owner: owner, untilMs: now.elapsedMs + leaseMs)
                }
            }
        }
        lastMayWait()
    }

    /// Whether a process that is to own something has not ended since it was named.
    private func isAlive(_ owner: Owner?) -> Bool {
        if case .process(let process) = owner { processes.contains(process) } else { true }
    }

    private func someOwner(of connection: Connection) -> Owner? {
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
        switch number(0...9) {
        case 0...4: complete(operation, id, holding, from: connection)
        case 5...6: fail(operation, id, holding, from: connection)
        case 7:
            send(Queue.Release(operation: id, lease: holding.lease), from: connection) { [weak self] told in
                try self?.settle(operation, holding, told) { self?.queues.release(operation) }
            }
        default: extend(operation, id, holding, from: connection)
        }
    }

    private func complete(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        for _ in 0..<(chance(10) ? 2 : 1) {
            send(Queue.Complete(operation: id, lease: holding.lease), from: connection) { [weak self] told in
                if operation.doneWith == holding.lease {
                    guard case .failure(let error) = told else { return }
                    throw Violation(.leaseKept, "complete said again was refused: \(error.message)")
                }
                try self?.settle(operation, holding, told) {
                    operation.doneWith = holding.lease
                    self?.queues.ended(operation, .done)
                }
            }
        }
    }

    private func fail(
        _ operation: QueueModel.Operation, _ id: Int64, _ holding: QueueModel.Holding, from connection: Connection
    ) {
        var error = Errors.Report(message: "it did not work")
        error.category = chance(80) ? .transient : .validation
        send(Queue.Fail(operation: id, lease: holding.lease, error: error), from: connection) { [weak self] told in
            let state = try? told?.get().state
            try self?.settle(operation, holding, told) {
                if state == .dead { self?.queues.ended(operation, .dead) } else { self?.queues.release(operation) }
            }
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

    // MARK: Owners and operators

    func cancel() {
        guard let operation = pick(queues.known), let id = operation.id else { return }
        send(Queue.Cancel(operation: id), from: connection(of: operation.uid)) { [queues] told in
            switch told {
            case .success: queues.ended(operation, .cancelled)
            case .failure(let error): try require(error.reason == .conflict, .ownership, error.message)
            case nil:
                operation.holding?.mayHaveEnded = true
                operation.isUncertain = true
            }
        }
    }

    func replay() {
        guard let operation = pick(queues.dead), let id = operation.id else { return }
        send(Queue.Replay(operation: id), from: connection(of: operation.uid)) { [queues] told in
            switch told {
            case .success: queues.revived(operation)
            case .failure: break
            case nil:
                operation.isUncertain = true
                queues.revivals += 1
            }
        }
    }

    func pauseOrResume() {
        guard let queue = pick(Self.names) else { return }
        if chance(30) {
            send(Queue.Pause(queue: queue), from: anyConnection(), as: Self.root) { _ in }
        } else {
            send(Queue.Resume(queue: queue), from: anyConnection(), as: Self.root) { _ in }
        }
    }

    /// Somebody tries what only somebody else may do.
    func meddle() {
        func refused<Answer>(_ told: Result<Answer, CallError>?) throws {
            switch told {
            case .success: throw Violation(.ownership, "a stranger's call was done")
            case .failure(let error):
                try require(
                    [.permissionDenied, .leaseLost, .notFound, .conflict].contains(error.reason), .ownership,
                    error.message)
            case nil: break
            }
        }
        if chance(50), let operation = pick(queues.known), let id = operation.id {
            let stranger = connections.filter { $0.caller.uid != operation.uid }
            guard let stranger = pick(stranger) else { return }
            send(Queue.Cancel(operation: id), from: stranger) { told in
                // What was cancelled already is answered as such only to whom it belongs.
                try refused(told)
            }
        } else if let operation = pick(queues.held), let id = operation.id, let holding = operation.holding {
            let stranger = connections.filter { $0.caller.uid != holding.uid }
            guard let stranger = pick(stranger) else { return }
            send(Queue.Complete(operation: id, lease: holding.lease), from: stranger, told: refused)
        }
    }
}
