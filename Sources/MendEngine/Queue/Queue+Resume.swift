import MendProtocol

extension Queue.Resume: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try call.scope.existingQueue(queue).isPaused = false
        call.engine.waiters.wake(queue)
        return .now(Answer(queue: queue, paused: false))
    }
}
