import ArgumentParser
import MendProtocol

/// What a call carries beside its parameters.
struct MetaOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A task, flow or run id: what belongs together.", valueName: "id"), transform: Name.argument)
    var correlation: Name?

    @Option(help: "The W3C trace context.", transform: TraceParent.argument)
    var traceparent: TraceParent?

    @Option(
        help: ArgumentHelp(
            "Makes it safe to call again: for a day the same key gets the first answer, and nothing is done twice.",
            valueName: "key"),
        transform: IdempotencyKey.argument)
    var idempotencyKey: IdempotencyKey?

    @Option(
        help: ArgumentHelp("A call that could not be begun in this time is refused.", valueName: "duration"),
        transform: PositiveMilliseconds.duration)
    var deadline: PositiveMilliseconds?

    @Flag(help: "Only check: print what would be answered, and change nothing.")
    var dryRun = false

    /// Nil where nothing was given.
    var meta: Meta? {
        let meta = Meta(
            correlation: correlation, traceparent: traceparent, idempotencyKey: idempotencyKey, deadlineMs: deadline,
            dryRun: dryRun ? true : nil)
        return meta == Meta() ? nil : meta
    }
}

extension IdempotencyKey {
    static func argument(_ text: String) throws -> IdempotencyKey {
        guard let key = IdempotencyKey(text) else {
            throw ValidationError("a key has 1 to \(maxBytes) bytes, without control characters")
        }
        return key
    }
}
