import ArgumentParser
import MendClient
import MendProtocol
import MendWire

/// A command that is one call.
protocol CallCommand: ParsableCommand {
    associatedtype Call: Method

    var globals: GlobalOptions { get }
    /// What the call carries beside its parameters.
    var meta: MetaOptions? { get }
    /// The member of the result whose elements are printed one a line with `--json`.
    static var items: String? { get }

    func makeCall() throws -> Call
    /// Shows the answer to people.
    func show(_ answer: Call.Answer, on screen: inout Screen)
    /// What the result means for the exit status, by throwing an ``ExitStatus``.
    func conclude(_ result: JSONValue) throws
}

extension CallCommand {
    var meta: MetaOptions? { nil }
    static var items: String? { nil }
    func conclude(_ result: JSONValue) throws {}

    func run() throws {
        let call = try makeCall()
        let result = try globals.connect().callValue(call, meta: meta?.meta)
        try display(result)
        try conclude(result)
    }

    func display(_ result: JSONValue, continued: Bool = false) throws {
        guard !globals.quiet else { return }
        var screen = Screen.standard(continued: continued)
        if !globals.json {
            show(try Call.answer(from: result), on: &screen)
        } else if let items = Self.items {
            for item in result[items]?.elements ?? JSONValue.emptyObject.elements { screen.line(RawJSON(item).text) }
        } else {
            screen.line(RawJSON(result).text)
        }
        try screen.flush()
    }
}

/// A command whose answer comes page by page.
protocol PagedCommand: CallCommand {
    var page: PageOptions { get set }
}

extension PagedCommand {
    mutating func run() throws { try runPages() }

    mutating func runPages() throws {
        let client = try globals.connect()
        var isContinued = false
        while true {
            let result = try client.callValue(try makeCall(), meta: nil)
            try display(result, continued: isContinued)
            isContinued = true
            guard let next = result["next"], !next.isNull else { return }
            let cursor = next.stringValue ?? next.rawText
            guard page.all else {
                return tellMore(next.rawText, cursor)
            }
            page.after = cursor
        }
    }

    private func tellMore(_ json: String, _ cursor: String) {
        guard !globals.quiet else { return }
        if globals.json { return Notice.write("{\"next\":\(json)}\n") }
        Notice.tell("there is more: add --after \(cursor), or --all")
    }
}

/// Which part of a list.
struct PageOptions: ParsableArguments {
    @Option(help: "How many at most, in one call to the daemon.", transform: PageSize.argument)
    var limit: PageSize?

    @Option(help: "Go on after this one, as the last page said.")
    var after: String?

    @Flag(help: "All of them, page by page.")
    var all = false

    func integerAfter() throws -> Int64? {
        try after.map { text in
            guard let cursor = Int64(text) else { throw UsageError("--after takes a number here, not '\(text)'") }
            return cursor
        }
    }
}

/// What a call carries for those who look at it later.
struct MetaOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A task, flow or run id: what belongs together.", valueName: "id"), transform: Name.argument)
    var correlation: Name?

    @Option(help: "The W3C trace context.", transform: TraceParent.argument)
    var traceparent: TraceParent?

    var meta: Meta? {
        guard correlation != nil || traceparent != nil else { return nil }
        return Meta(correlation: correlation, traceparent: traceparent)
    }
}
