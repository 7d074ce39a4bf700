import MendClient
import MendProtocol

/// What a worker's slots take, and how.
struct WorkSettings: Sendable {
    let globals: GlobalOptions
    let queues: [Name]
    var lease: PositiveMilliseconds?
    let plan: any WorkPlan
    let voice: Voice
    let presence: DaemonPresence
    /// Whether it stays where the daemon is away.
    var isPatient = true

    init(_ globals: GlobalOptions, queues: [Name], plan: any WorkPlan, voice: Voice) {
        self.globals = globals
        self.queues = queues
        self.plan = plan
        self.voice = voice
        presence = DaemonPresence(voice)
    }
}

/// What is done about an operation.
protocol WorkPlan: Sendable {
    /// - Parameter watch: asked while it waits for anything.
    /// - Returns: nothing where the watch asked for the end.
    /// - Throws: `WorkRefusal`.
    func task(for leased: Leased, watch: any AttemptWatch) throws -> WorkTask?
}

/// A command that does an operation.
struct WorkTask {
    var attempt: Attempt
    let input: String
    /// What is told of one that failed, and as what.
    let words: [String]
    /// Called when it is done.
    var cleanUp: (() -> Void)?
}

/// An operation that is not done at all: it fails, and why.
struct WorkRefusal: Error {
    let message: String
    let category: MendProtocol.Category
    var code: String?
}
