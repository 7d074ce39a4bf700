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
        guard let call = waiting.first, case .read(let read) = call.work, let origin else { return false }
        guard hasRoomForAnswer else {
            needsRoomForAnswer = true
            return false
        }
        waiting.removeFirst()
        let running: Running
        do throws(CallError) {
            running = try core.service.running()
        } catch {
            answer(call.number, .failure(error))
            return false
        }
        reserve(limits.lineBytes)
        let (facts, eventLoop) = (core.facts, loop.eventLoop)
        core.readers.submit { _ in
            let result: Result<any Encodable & Sendable, CallError>
            do throws(CallError) {
                result = .success(try read(running, facts))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute {
                let connection = origin.connection.value
                connection.endRead(call.number, result)
            }
        }
        return true
    }

    private func endRead(_ number: UInt64, _ result: Result<any Encodable & Sendable, CallError>) {
        reserve(-limits.lineBytes)
        answer(number, result)
        flush()
        loop.readEnded()
    }

    /// Goes on with reads that waited for the client to take its answers.
    func startReadsThatFit() {
        guard needsRoomForAnswer, hasRoomForAnswer else { return }
        needsRoomForAnswer = false
        startWaiting()
    }
}
