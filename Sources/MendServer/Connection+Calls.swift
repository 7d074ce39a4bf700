import MendEngine
import MendProtocol
import MendWire
import NIOCore
import NIOPosix
import Synchronization

/// A read that waits until the writes before it are on disk.
struct WaitingRead {
    let number: UInt64
    let afterWrites: UInt64
    let work: @Sendable (Running, ServerFacts) throws(CallError) -> RawJSON
}

extension Connection {
    /// Begins what one line asked for.
    func take(_ message: RPCMessage, bytes: Int) {
        switch message {
        case .failure(let failure):
            order.settle(order.open(), failureLine(failure), into: &out)
        case .single(let request):
            begin(request, in: nil, bytes: bytes)
        case .batch(let requests):
            let batch = Batch(slot: order.open(), count: requests.count)
            for (index, request) in requests.enumerated() {
                begin(request, in: .batch(batch, index: index), bytes: bytes / requests.count)
            }
        }
    }

    /// Answers a line that could not be read at all.
    func answerUnreadable(_ error: CallError) {
        core.calls.failed.add(1, ordering: .relaxed)
        order.settle(order.open(), errorLine(.null, RPCError(error)), into: &out)
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
                settle(line(for: request.id, .failure(error)), at: batch ?? .inOrder(order.open()))
            }
        }
    }

    private func begin(_ work: Work, _ request: RPCRequest, in batch: Place?, bytes: Int) throws(CallError) {
        switch work {
        case .answered(let answer):
            settle(line(for: request.id, .success(answer)), at: batch ?? .inOrder(order.open()))
            persistBreakers()
        case .write(let call, let mayWait):
            _ = try core.service.running()
            if mayWait, batch != nil {
                throw CallError(
                    .invalidParams, "a batch may not wait", field: "wait_ms", hint: "send it as a call of its own")
            }
            let place = mayWait ? .aside : batch ?? .inOrder(order.open())
            let number = note(request, at: place, bytes, mayWait: mayWait, isWrite: true)
            if !mayWait { writesSubmitted += 1 }
            if let origin { loop.submit(call(Ticket(origin: origin, number: number))) }
        case .read(let work):
            let running = try core.service.running()
            let number = note(request, at: batch ?? .aside, bytes, mayWait: false, isWrite: false)
            let read = WaitingRead(number: number, afterWrites: writesSubmitted, work: work)
            if writesAnswered >= writesSubmitted { start(read, running) } else { waitingReads.append(read) }
        }
    }

    private func note(_ request: RPCRequest, at place: Place, _ bytes: Int, mayWait: Bool, isWrite: Bool) -> UInt64 {
        nextNumber += 1
        calls[nextNumber] = InFlight(id: request.id, place: place, bytes: bytes, mayWait: mayWait, isWrite: isWrite)
        count(bytes: bytes)
        return nextNumber
    }

    // MARK: Reads

    private func start(_ read: WaitingRead, _ running: Running) {
        guard let origin else { return }
        let facts = core.facts
        let eventLoop = loop.eventLoop
        core.readers.submit { _ in
            let result: Result<any Encodable & Sendable, CallError>
            do throws(CallError) {
                result = .success(try read.work(running, facts))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { origin.connection.value.take(result, number: read.number) }
        }
    }

    private func take(_ result: Result<any Encodable & Sendable, CallError>, number: UInt64) {
        answer(number, result)
        flush()
    }

    private func startReads() {
        while let read = waitingReads.first, read.afterWrites <= writesAnswered {
            waitingReads.removeFirst()
            do {
                start(read, try core.service.running())
            } catch {
                answer(read.number, .failure(error))
            }
        }
    }

    // MARK: Answers

    /// Takes what the writer says of one of this connection's calls; tells whether something is to be written.
    func take(_ outcome: CallOutcome) -> Bool {
        let leases = outcome.leases
        guard calls[outcome.ticket.number] != nil else {
            // The wait had ended or the client was gone: nobody will ever hold these.
            returnLeases(leases)
            return false
        }
        leasesInOut += leases
        answer(outcome.ticket.number, outcome.result)
        return true
    }

    func answer(_ number: UInt64, _ result: Result<any Encodable & Sendable, CallError>) {
        guard let call = calls.removeValue(forKey: number) else { return }
        count(bytes: -call.bytes)
        settle(line(for: call.id, result), at: call.place)
        guard call.isWrite, !call.mayWait else { return }
        writesAnswered += 1
        startReads()
    }

    /// Puts an answer, without its LF, where it belongs.
    private func settle(_ line: [UInt8], at place: Place) {
        switch place {
        case .inOrder(let slot): order.settle(slot, ended(line), into: &out)
        case .aside: out += ended(line)
        case .batch(let batch, let index):
            guard let whole = batch.settle(index, line) else { return }
            order.settle(batch.slot, ended(whole), into: &out)
        }
    }

    private func ended(_ line: [UInt8]) -> [UInt8] { line.isEmpty ? [] : line + [UInt8(ascii: "\n")] }

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

    private func persistBreakers() {
        guard case .running(let running) = core.service, running.breakers.claimPersist() else { return }
        loop.submit(.persistBreakers(ticket: .unanswered))
    }
}
