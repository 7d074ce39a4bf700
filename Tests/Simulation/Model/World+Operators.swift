import MendEngine
import MendProtocol

/// What operators and strangers do to the queues.
extension World {
    func cancel() {
        guard let operation = pick(queues.known), let id = operation.id else { return }
        send(Queue.Cancel(operation: id), from: connection(of: operation.uid)) { [queues] told in
            switch told {
            case .success: queues.ended(operation, .cancelled)
            case .failure(let error):
                try require(
                    error.reason == .conflict || (error.reason == .notFound && operation.isGone), .ownership,
                    error.message)
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

    func configure() {
        guard let queue = pick(Self.names) else { return }
        var call = Queue.Configure(queue: queue)
        if chance(60) { call.maxConcurrent = chance(40) ? .unset : .to(Count(unchecked: number(1...4))) }
        if chance(60) { call.rate = chance(50) ? .unset : Rate(Double(number(1...40)) / 4).map(Setting.to) }
        if chance(30) { call.burst = chance(50) ? .unset : .to(Count(unchecked: number(1...6))) }
        send(call, from: anyConnection(), as: Self.root) { told in
            guard case .success(let settings) = told else { return }
            if case .to(let most) = call.maxConcurrent {
                try require(settings.maxConcurrent == most.value, .limitsHeld, "\(queue) was configured otherwise")
            }
        }
    }

    func purge() {
        guard let queue = chance(80) ? pick(Self.names) : TransactionModel.queue else { return }
        var call = Queue.Purge(queue: queue, limit: PageSize(unchecked: number(1...20)))
        if chance(30) { call.states = [.scheduled, .ready, .dead].filter { _ in chance(50) } }
        send(call, from: anyConnection(), as: Self.root) { _ in }
    }

    /// The answer of a lease could not be written: nobody has it.
    func giveBack(_ leased: Leased) {
        sendReturn(of: leased.operation, lease: leased.lease)
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
