import MendProtocol

extension Queue.Pause: WriterMethod {
    package func apply(_ call: CallContext) throws -> Reply<Answer> {
        try call.scope.existingQueue(queue).isPaused = true
        return .now(Answer(queue: queue, paused: true))
    }
}
