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
    /// A member whose elements come after those, where there is another list in the result.
    static var furtherItems: String? { get }

    func makeCall() throws -> Call
    /// Shows the answer to people.
    func show(_ answer: Call.Answer, on screen: inout Screen)
    /// What the result means for the exit status, by throwing an ``ExitStatus``.
    func conclude(_ result: JSONValue) throws
}

extension CallCommand {
    var meta: MetaOptions? { nil }
    static var items: String? { nil }
    static var furtherItems: String? { nil }
    func conclude(_ result: JSONValue) throws {}

    func run() throws { try runCall() }

    /// Makes the call and shows what it answers.
    func runCall() throws { try runCall(makeCall()) }

    func runCall(_ call: Call) throws {
        let result = try globals.connect().callValue(call, meta: meta?.meta)
        try display(result)
        tellDryRun()
        try conclude(result)
    }

    /// What the answer looks as if it had been done was not.
    func tellDryRun() {
        guard meta?.dryRun == true, !globals.quiet else { return }
        if globals.json { return Notice.write("{\"dry_run\":true}\n") }
        Notice.tell("a dry run: nothing was changed")
    }

    func display(_ result: JSONValue, continued: Bool = false) throws {
        guard !globals.quiet else { return }
        var screen = Screen.standard(continued: continued)
        if !globals.json {
            show(try Call.answer(from: result), on: &screen)
        } else if let items = Self.items {
            for name in [items, Self.furtherItems] {
                let elements = name.flatMap { result[$0] }?.elements ?? JSONValue.emptyObject.elements
                for item in elements { screen.line(RawJSON(item).text) }
            }
        } else {
            screen.line(RawJSON(result).text)
        }
        try screen.flush()
    }
}

/// A command whose call changes something.
protocol ChangingCommand: CallCommand {
    var metaOptions: MetaOptions { get }
}

extension ChangingCommand {
    var meta: MetaOptions? { metaOptions }
}

/// A command whose answer comes page by page.
protocol PagedCommand: CallCommand {
    var page: PageOptions { get set }
}

extension PagedCommand {
    mutating func run() throws { try runPages() }

    mutating func runPages() throws {
        guard !page.all || meta?.idempotencyKey == nil else {
            throw UsageError("--idempotency-key is for one call, and --all makes one for each page")
        }
        let client = try globals.connect()
        var isContinued = false
        defer { tellDryRun() }
        while true {
            let result = try client.callValue(try makeCall(), meta: meta?.meta)
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
