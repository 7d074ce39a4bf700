import MendEngine
import MendProtocol
import MendWire
import NIOCore
import NIOPosix
import Synchronization

/// A call that waits until the writes before it are on disk.
struct WaitingCall {
    let number: UInt64
    let afterWrites: UInt64
    let work: Work
}

extension Connection {
    /// Begins what one line asked for.
    func take(_ message: RPCMessage, bytes: Int) {
        switch message {
        case .failure(let failure):
            settle(failureLine(failure), at: .inOrder(order.open()))
        case .single(let request):
            begin(request, in: nil, bytes: bytes)
        case .batch(let requests):
            let batch = Batch(slot: order.open(), count: requests.count, maxBytes: core.settings.limits.lineBytes)
            for (index, request) in requests.enumerated() {
                begin(request, in: .batch(batch, index: index), bytes: bytes / requests.count)
            }
        }
    }

    /// Answers a line that could not be read at all.
    func answerUnreadable(_ error: CallError) {
        core.calls.failed.add(1, ordering: .relaxed)
        settle(errorLine(.null, RPCError(error)), at: .inOrder(order.open()))
    }

    private func begin(_ request: Result<RPCRequest, RPCFailure>, in batch: Place?, bytes: Int) {
        switch request {
        case .failure(let failure):
            let line = failureLine(failure)
            settle(line, at: batch ?? .inOrder(order.open()))
        case .success(let request):
            do {
                let route = try core.router.route(request.method, for: caller)
                let work = try route.prepare(request.params ?? .emptyObject, core, caller)
                try begin(work, request, in: batch, bytes: bytes)
            } catch {
                settle(.failure(error), of: request.id, at: batch ?? .inOrder(order.open()))
            }
        }
    }

    private func begin(_ work: Work, _ request: RPCRequest, in batch: Place?, bytes: Int) throws(CallError) {
        switch work {
        case .answered(let answer):
            settle(.success(answer), of: request.id, at: batch ?? .inOrder(order.open()))
        case .table(let hold, let ask):
            let running = try core.service.running()
            guard breakerChangesInFlight == 0 else {
                return wait(work, note(request, at: batch ?? .inOrder(order.open()), bytes))
            }
            let answer = try askTable(running, of: hold, ask)
            settle(.success(answer), of: request.id, at: batch ?? .inOrder(order.open()))
            persistBreakers(running)
        case .write(let kind, let hold, let call):
            let running = try core.service.running()
            if kind == .mayWait, batch != nil {
                throw CallError(
                    .invalidParams, "a batch may not wait", field: "wait_ms", hint: "send it as a call of its own")
            }
            let owner = try owner(of: hold)
            let place = kind == .mayWait ? .aside : batch ?? .inOrder(order.open())
            let number = note(request, at: place, bytes, write: kind)
            if kind != .mayWait { writesSubmitted += 1 }
            if kind == .changesBreakers { breakerChangesInFlight += 1 }
            guard let origin else { return }
            var write = call(Ticket(origin: origin, number: number), owner, running)
            write.bytes = bytes
            loop.submit(write)
        case .own(let work): try begin(work, request, in: batch, bytes: bytes)
        case .read:
            _ = try core.service.running()
            wait(work, note(request, at: batch ?? .aside, bytes))
            startWaiting()
        }
    }

    func note(_ request: RPCRequest, at place: Place, _ bytes: Int, write: WriteKind? = nil) -> UInt64 {
        nextNumber += 1
        let call = InFlight(id: request.id, place: place, bytes: bytes, write: write)
        calls[nextNumber] = call
        count(bytes: call.bytes, copies: call.bytesOfCopies)
        return nextNumber
    }

    // MARK: Calls that come after writes

    func wait(_ work: Work, _ number: UInt64) {
        waiting.append(WaitingCall(number: number, afterWrites: writesSubmitted, work: work))
    }

    func startWaiting() {
        while let call = waiting.first, call.afterWrites <= writesAnswered {
            if call.work.isRead { return waitForReader() }
            waiting.removeFirst()
            do throws(CallError) {
                try start(call, core.service.running())
            } catch {
                answer(call.number, .failure(error))
            }
        }
    }

    private func start(_ call: WaitingCall, _ running: Running) throws(CallError) {
        switch call.work {
        case .table(let hold, let ask):
            answer(call.number, .success(try askTable(running, of: hold, ask)))
            persistBreakers(running)
        case .read, .own, .write, .answered: preconditionFailure("only breaker calls wait for writes alone")
        }
    }

    /// Asks the breakers' table in the name of an owner.
    private func askTable(
        _ running: Running, of hold: Hold?,
        _ ask: (Running, Owner?) throws(CallError) -> any Encodable & Sendable
    ) throws(CallError) -> any Encodable & Sendable {
        let owner = try owner(of: hold)
        let answer = try ask(running, owner)
        endPermits(ofEnded: owner)
        return answer
    }

    // MARK: Answers

    /// Takes what the writer says of one of this connection's calls; tells whether something is to be written.
    func take(_ outcome: CallOutcome) -> Bool {
        endHolds(after: outcome)
        let isKnown = calls[outcome.ticket.number] != nil
        // Where the wait had ended, the client is gone or the answer is too long, nobody will ever hold these.
        let leases = outcome.leases
        if let place = answer(outcome.ticket.number, outcome.result) {
            for lease in leases { unwrittenLeases.append((place.slot, lease.operation, lease.lease)) }
        } else {
            returnLeases(leases)
        }
        return isKnown
    }

    /// Answers a call; tells where the result itself goes out, if no error does in its place.
    @discardableResult
    func answer(_ number: UInt64, _ result: Result<any Encodable & Sendable, CallError>) -> Place? {
        guard let call = calls.removeValue(forKey: number) else { return nil }
        if isGone {
            loop.count(bytes: -(call.bytes + call.bytesOfCopies), of: user)
            if calls.isEmpty { loop.forget(self) }
        } else {
            count(bytes: -call.bytes, copies: -call.bytesOfCopies)
        }
        let goesOut = settle(result, of: call.id, at: call.place)
        if let write = call.write, write != .mayWait {
            writesAnswered += 1
            if write == .changesBreakers { breakerChangesInFlight -= 1 }
            startWaiting()
        }
        return goesOut ? call.place : nil
    }

    /// Answers what waits for a writer that has failed.
    func failWrites(_ problem: MendProtocol.System.Health.Problem) {
        let error = CallError(.unavailable, problem.message, hint: problem.hint)
        for number in calls.filter({ $0.value.write != nil }).keys.sorted() { answer(number, .failure(error)) }
        flush()
    }

    @discardableResult
    func settle(
        _ result: Result<any Encodable & Sendable, CallError>, of id: RequestID?, at place: Place
    ) -> Bool {
        guard !isGone else { return false }
        let line = line(for: id, result)
        var room = core.settings.limits.lineBytes
        if case .batch(let batch, _) = place, !batch.hasRoom(for: line.count) { room = 0 }
        guard let id, line.count > room else {
            settle(line, at: place)
            return true
        }
        let error = CallError(
            .tooLarge, "the call was done, but its answer of \(line.count) bytes does not fit into the line",
            hint: "ask for less at a time, or without a batch")
        settle(errorLine(id, RPCError(error)), at: place)
        return false
    }

    /// Puts a line, or nothing, where it belongs.
    private func settle(_ line: [UInt8], at place: Place) {
        guard !isGone else { return }
        switch place {
        case .inOrder(let slot): order.settle(slot, line, into: &out)
        case .aside: out += line
        case .batch(let batch, let index):
            guard let whole = batch.settle(index, line) else { return }
            order.settle(batch.slot, whole, into: &out)
        }
    }

    private func line(for id: RequestID?, _ result: Result<any Encodable & Sendable, CallError>) -> [UInt8] {
        switch result {
        case .success(let answer):
            core.calls.answered.add(1, ordering: .relaxed)
            guard let id else { return [] }
            var writer = JSONWriter(capacity: 96)
            do {
                try writer.writeResult(id: id, encoding: answer)
            } catch {
                return errorLine(id, RPCError(CallError(.internalError, "the answer cannot be written: \(error)")))
            }
            writer.endLine()
            return writer.bytes
        case .failure(let error):
            core.calls.failed.add(1, ordering: .relaxed)
            guard let id else {
                core.calls.notificationsFailed.add(1, ordering: .relaxed)
                return []
            }
            return errorLine(id, RPCError(error))
        }
    }

    private func failureLine(_ failure: RPCFailure) -> [UInt8] {
        core.calls.failed.add(1, ordering: .relaxed)
        guard let id = failure.id else {
            core.calls.notificationsFailed.add(1, ordering: .relaxed)
            return []
        }
        return errorLine(id, failure.error)
    }

    private func errorLine(_ id: RequestID, _ error: RPCError) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.writeError(id: id, error)
        writer.endLine()
        return writer.bytes
    }

    // MARK: What the writer is told besides

    func endWait(_ number: UInt64) {
        guard let origin else { return }
        loop.submit(.endWait(of: Ticket(origin: origin, number: number), ticket: .unanswered, caller: caller))
    }

    func returnLeases(_ leases: [(operation: Int64, lease: Int64)]) {
        guard !leases.isEmpty else { return }
        loop.submit(.returnLeases(leases, ticket: .unanswered, caller: caller))
    }

    func persistBreakers(_ running: Running) {
        guard running.breakers.claimPersist() else { return }
        loop.submit(.persistBreakers(ticket: .unanswered))
    }
}
