import MendProtocol
import MendWire

/// Every operation is done by the same command, which reads the payload.
struct CommandPlan: WorkPlan {
    let words: [String]
    let timeoutMs: Int64?
    let killAfterMs: Int64
    let voice: Voice

    func task(for leased: Leased, watch: any AttemptWatch) throws -> WorkTask? {
        var attempt = Attempt(words: words)
        let fields = try OperationEnvironment.fields(of: leased.payload, beside: words)
        if !fields.leftOut.isEmpty {
            voice.say(
                "\(WorkSlot.title(leased)): not in the environment: \(fields.leftOut.joined(separator: ", "))",
                hint: "all of the payload is on the command's standard input")
        }
        attempt.environment = OperationEnvironment.variables(of: leased) + fields.variables
        attempt.timeoutMs = timeoutMs
        attempt.killAfterMs = killAfterMs
        return WorkTask(attempt: attempt, input: leased.payload.text + "\n", words: words)
    }
}
