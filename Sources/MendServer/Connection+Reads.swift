import MendProtocol
import MendWire
import NIOCore
import NIOPosix

/// Reads: they run beside the writer, few at a time, and only as long as there is room for what they may answer.
extension Connection {
    /// Gets in line for a reader.
    func waitForReader() {
        guard !isInLineForReader, !needsRoomForAnswer else { return }
        isInLineForReader = true
        loop.waitForReader(self)
    }

    /// It is this connection's turn: begins its next read, and tells whether there was one.
    func startRead() -> Bool {
        isInLineForReader = false
        guard let call = waiting.first, call.work.isRead, call.afterWrites <= writesAnswered else {
            return startFollowedPage()
        }
        guard hasRoomForAnswer else {
            needsRoomForAnswer = true
            return false
        }
        waiting.removeFirst()
        let running: Running
        do throws(CallError) {
            running = try core.service.running()
        } catch {
            endRead(call, .failure(error))
            return false
        }
        reserve(limits.lineBytes)
        let facts = core.facts
        switch call.work {
        case .read(let read):
            return atReader { () throws(CallError) in
                try read(running, facts)
            } then: { connection, result in
                connection.reserve(-connection.limits.lineBytes)
                connection.endRead(call, result.map { $0 })
            }
        case .own(.follow(let follow)): return start(follow, call, running, facts)
        case .write, .table, .answered, .own: preconditionFailure("they are not read")
        }
    }

    private func endRead(_ call: WaitingCall, _ result: Result<any Encodable & Sendable, CallError>) {
        if case .own = call.work { drop(1) }
        answer(call.number, result)
    }

    /// Does something on a reader's thread, and then something with its result; tells whether it began.
    func atReader<Answer: Sendable>(
        _ read: @escaping @Sendable () throws(CallError) -> Answer,
        then: @escaping @Sendable (Connection, Result<Answer, CallError>) -> Void
    ) -> Bool {
        guard let origin else { return false }
        let eventLoop = loop.eventLoop
        core.readers.submit { _ in
            let result = Result(catching: read)
            eventLoop.execute {
                let connection = origin.connection.value
                then(connection, result)
                connection.flush()
                connection.loop.readEnded()
            }
        }
        return true
    }

    /// Goes on with reads that waited for the client to take its answers.
    func startReadsThatFit() {
        guard needsRoomForAnswer, hasRoomForAnswer else { return }
        needsRoomForAnswer = false
        startWaiting()
    }
}

extension Work {
    /// Whether a reader does it.
    var isRead: Bool {
        switch self {
        case .read, .own(.follow): true
        case .own, .write, .table, .answered: false
        }
    }
}
