import Glibc
import MendClient
import MendProtocol
import MendWire

/// Looks at the host again and again, also while the daemon is away.
final class Top {
    private enum Sight {
        case seen(Overview, OverviewRates?)
        case away(ClientError, atMs: Int64)
    }

    /// How long a look may take.
    private static let patienceMs: Int64 = 10_000

    private let globals: GlobalOptions
    private let intervalMs: Int64
    private let terminal: FullScreen?
    private var client: BlockingClient?
    private var sight: Sight?
    /// The status of the last look that had one, and when that was.
    private var last: (status: System.Status.Answer, atMs: Int64)?

    init(_ globals: GlobalOptions, intervalMs: Int64, terminal: FullScreen?) {
        self.globals = globals
        self.intervalMs = intervalMs
        self.terminal = terminal
    }

    /// Looks so often, or until it is asked to end; answers how the last look found the host.
    func run(looks: Int?) throws -> ExitStatus {
        var count = 0
        while true {
            let dueMs = monotonicMs() + intervalMs
            guard try look() else { return .done }
            try show()
            count += 1
            if count == looks { return status }
            guard try wait(until: dueMs) else { return .done }
        }
    }

    private var status: ExitStatus {
        switch sight {
        case .seen(let overview, _): overview.exitStatus
        case .away(let error, _): ExitStatus(error)
        case nil: .done
        }
    }

    // MARK: Looking

    /// False where the user wants an end meanwhile.
    private func look() throws(ClientError) -> Bool {
        do throws(ClientError) {
            guard client != nil else { return try lookOnce() }
            do throws(ClientError) {
                return try lookOnce()
            } catch .connectionLost {
                // The daemon may have been restarted since the last look.
                client = nil
                return try lookOnce()
            }
        } catch {
            guard error.isWorthWaiting else { throw error }
            client = nil
            sight = .away(error, atMs: WallClock.system().nowMs)
            return true
        }
    }

    private func lookOnce() throws(ClientError) -> Bool {
        let look = try OverviewLook(connected())
        let dueMs = monotonicMs() + Self.patienceMs
        while try !look.isComplete() {
            let leftMs = dueMs - monotonicMs()
            guard leftMs > 0 else { throw .timedOut }
            if wait(ms: leftMs, or: look.descriptor) == .end { return false }
        }
        try see(look.overview)
        return true
    }

    private func connected() throws(ClientError) -> BlockingClient {
        if let client { return client }
        let made = try globals.connect(timeoutMs: Self.patienceMs)
        client = made
        return made
    }

    private func see(_ overview: Overview) throws(ClientError) {
        let nowMs = monotonicMs()
        let status = try overview.answer(.status, to: System.Status.self)
        var rates: OverviewRates?
        if let status, let last {
            rates = OverviewRates(from: last.status, to: status, elapsedMs: nowMs - last.atMs)
        }
        last = status.map { ($0, nowMs) }
        sight = .seen(overview, rates)
    }

    // MARK: Waiting

    /// False where the user wants an end.
    private func wait(until dueMs: Int64) throws -> Bool {
        while true {
            let leftMs = dueMs - monotonicMs()
            guard leftMs > 0 else { return true }
            switch wait(ms: leftMs) {
            case .end: return false
            case .redraw: try show()
            case nil: break
            }
        }
    }

    private func wait(ms: Int64, or descriptor: Int32 = -1) -> FullScreen.Wish? {
        if let terminal { return terminal.wait(ms: ms, or: descriptor) }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, Int32(clamping: ms))
        return nil
    }

    // MARK: Showing

    private func show() throws {
        guard !globals.quiet, let sight else { return }
        var screen = Screen.standard()
        if globals.json {
            screen.line(Self.json(sight))
        } else {
            try draw(sight, on: &screen)
        }
        guard let terminal else { return try screen.flush() }
        try terminal.draw(screen.shown)
    }

    private static func json(_ sight: Sight) -> String {
        switch sight {
        case .seen(let overview, let rates): overview.json(rates)
        case .away(let error, let atMs): "{\"at\":\(atMs),\"error\":\(error.json)}"
        }
    }

    private func draw(_ sight: Sight, on screen: inout Screen) throws {
        let lines = terminal == nil ? nil : Screen.terminalSize()?.lines
        switch sight {
        case .seen(let overview, let rates):
            headline(overview.atMs, on: &screen)
            try OverviewScreen(overview, rates: rates).show(
                on: &screen, lines: lines.map { max(0, $0 - 2) }, isCut: true)
        case .away(let error, let atMs):
            headline(atMs, on: &screen)
            var table = Table(.left(""), .left(""))
            table.add("daemon", Table.Cell(error.message, .bad))
            if case .unreachable = error, let hint = error.hint { table.add("hint", Table.Cell(hint)) }
            table.add("", "it is looked for again at each turn")
            screen.table(table)
        }
        // Blocks are set apart where they stand one below the other.
        if terminal == nil { screen.line("") }
    }

    private func headline(_ atMs: Int64, on screen: inout Screen) {
        let end = terminal == nil ? "" : ", q ends"
        var table = Table(.left(""))
        table.add(
            Table.Cell("mend top, \(screen.clock.point(atMs)), every \(DurationText.text(intervalMs))\(end)", .heading))
        screen.table(table)
        if terminal != nil { screen.line("") }
    }
}
