import ArgumentParser

/// An operation in the caller's hands.
struct LeasedOperation: ParsableArguments {
    @Argument(help: "The operation's id.", completion: LiveNames.operations)
    var operation: Int64

    @Argument(help: "Its lease, as `queue lease` gave it.")
    var lease: Int64
}
