import MendClient
import MendProtocol
import MendWire

/// The host on one screen: how it is, what needs somebody, and where to look next.
struct OverviewScreen {
    /// How many rows a table has at most.
    static let mostRows = 8

    private let overview: Overview
    private let rates: OverviewRates?
    private let status: System.Status.Answer?
    private let health: System.Health.Answer?
    private let hello: System.Hello.Answer?
    private let breakers: [BreakerInfo]
    private let queues: [QueueInfo]
    private let deadLetters: [OperationInfo]
    private let parked: [TransactionInfo]
    private let errors: Errors.Analysis.Answer?

    init(_ overview: Overview, rates: OverviewRates? = nil) throws {
        self.overview = overview
        self.rates = rates
        status = try overview.answer(.status, to: System.Status.self)
        health = try overview.answer(.health, to: System.Health.self)
        hello = try overview.answer(.hello, to: System.Hello.self)
        breakers = try Overview.Part.breakerStates.flatMap { state in
            try overview.answer(.breakers(state), to: Breaker.List.self)?.breakers ?? []
        }
        queues = try overview.answer(.queues, to: Queue.Stats.self).map { $0.queues.sorted(by: Self.isWorse) } ?? []
        deadLetters = try overview.answer(.deadLetters, to: Queue.List.self)?.operations ?? []
        parked = try overview.answer(.parked, to: Transaction.List.self)?.transactions ?? []
        errors = try overview.answer(.errors, to: Errors.Analysis.self)
    }

    /// Shows it with fewer rows in its tables where it would have more than so many lines.
    ///
    /// - Parameter isCut: whether what is still too long is left out.
    func show(on screen: inout Screen, lines: Int? = nil, isCut: Bool = false) {
        var rows = Self.mostRows
        var drawn = drawn(rows, like: screen)
        while let lines, rows > 1, drawn.count > lines {
            rows -= 1
            drawn = self.drawn(rows, like: screen)
        }
        for line in drawn.prefix(isCut ? lines ?? .max : .max) { screen.line(String(line)) }
    }

    private func drawn(_ rows: Int, like screen: Screen) -> [Substring] {
        var draft = Screen(hasColour: screen.hasColour, width: screen.width, clock: screen.clock)
        showHead(on: &draft)
        showBreakers(rows, on: &draft)
        showQueues(rows, on: &draft)
        showDeadLetters(rows, on: &draft)
        showParked(rows, on: &draft)
        showErrors(rows, on: &draft)
        showAdvice(on: &draft)
        return draft.shown.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    private func showHead(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        if let health {
            table.add("health", Table.Cell(health.status.rawValue, health.status == .ok ? .good : .bad))
            for problem in health.problems {
                table.add("", Table.Cell(problem.message))
                table.add("hint", Table.Cell(problem.hint))
            }
        }
        if let status {
            StatusScreen(status).addRows(to: &table)
        } else if let hello {
            table.add("daemon", Table.Cell("mendd \(hello.version)"))
        }
        if let rates { table.add("a second", Table.Cell(rates.text)) }
        for (names, refusal) in refused {
            table.add("not answered", Table.Cell("\(names): \(refusal)", .warning))
        }
        screen.table(table)
    }

    /// Parts by why they are not there; what the health says is not said again.
    private var refused: [(names: String, why: String)] {
        var reasons: [(names: [String], why: String)] = []
        for part in Overview.Part.all {
            guard let why = overview.refusals[part]?.message else { continue }
            if let place = reasons.firstIndex(where: { $0.why == why }) {
                if !reasons[place].names.contains(part.name) { reasons[place].names.append(part.name) }
            } else {
                reasons.append(([part.name], why))
            }
        }
        let known = health?.problems.map(\.message) ?? []
        return reasons.map { reason in
            let isKnown = known.contains { reason.why.contains($0) }
            return (reason.names.joined(separator: ", "), isKnown ? "not as long as this lasts" : reason.why)
        }
    }

    private func showBreakers(_ rows: Int, on screen: inout Screen) {
        var table = Table(.left("breaker"), .left("state"), .left("since"), .left("tries again"), .left("failed"))
        for info in breakers.prefix(rows) {
            table.add(
                Table.Cell(info.breaker.text), Table.Cell(info.state.rawValue, info.state.style),
                Table.Cell(screen.clock.age(info.since)), Table.Cell(screen.clock.age(info.retryAt)),
                Table.Cell("\(info.windowFailures) of \(info.windowCalls)"))
        }
        let all = status?.breakers.values.reduce(0, +) ?? breakers.count
        section(table, more: all - min(rows, breakers.count), "mend breaker list", on: &screen)
    }

    /// Dead letters are worst, then what stands, then what there is much of.
    private static func isWorse(_ one: QueueInfo, _ other: QueueInfo) -> Bool {
        func rank(_ queue: QueueInfo) -> (Int64, Int64, Int, Int64) {
            (-queue.counts.dead, -queue.counts.parked, queue.paused ? 0 : 1, -queue.counts.live)
        }
        let (left, right) = (rank(one), rank(other))
        return left == right ? one.queue.text < other.queue.text : left < right
    }

    private func showQueues(_ rows: Int, on screen: inout Screen) {
        var table = Table(
            .left("queue"), .right("ready"), .right("leased"), .right("delayed"), .right("parked"), .right("dead"),
            .left("next enqueued"))
        for queue in queues.prefix(rows) {
            let counts = queue.counts
            table.add(
                Table.Cell(queue.queue.text + (queue.paused ? " (paused)" : ""), queue.paused ? .warning : .plain),
                Table.Cell(counts.ready), Table.Cell(counts.leased), Table.Cell(counts.scheduled),
                Table.Cell(counts.parked, counts.parked > 0 ? .warning : .plain),
                Table.Cell(counts.dead, counts.dead > 0 ? .bad : .plain),
                Table.Cell(queue.nextAgeMs.map { screen.clock.age(overview.atMs - $0) }))
        }
        let all = max(Int(clamping: status?.queues ?? 0), queues.count)
        // One answer has not more: of those by other names it is not known how bad they are.
        let isPart = !(overview[.queues]?["next"]?.isNull ?? true)
        let command = isPart ? "mend queue stats --all" : "mend queue stats"
        let whose = isPart ? " (these are the worst of the first \(queues.count) by name)" : ""
        section(table, more: all - min(rows, queues.count), command, whose, on: &screen)
    }

    private func showDeadLetters(_ rows: Int, on screen: inout Screen) {
        var table = Table(.right("dead"), .left("queue"), .left("ended"), .right("attempts"), .left("message"))
        for letter in deadLetters.prefix(rows) {
            table.add(
                Table.Cell(letter.operation), Table.Cell(letter.queue.text),
                Table.Cell(screen.clock.age(letter.endedAt)), Table.Cell(letter.attempt),
                Table.Cell(letter.lastMessage))
        }
        let more = overview.deadLetters - min(rows, deadLetters.count)
        section(table, more: more, "mend queue list --state dead", on: &screen)
    }

    private func showParked(_ rows: Int, on screen: inout Screen) {
        var table = Table(.right("parked"), .left("transaction"), .left("begun"), .left("reason"))
        for info in parked.prefix(rows) {
            table.add(
                Table.Cell(info.transaction), Table.Cell(info.name.text, .bad),
                Table.Cell(screen.clock.age(info.begunAt)), Table.Cell(info.reason))
        }
        let all = status?.transactions[TransactionState.parked.rawValue] ?? 0
        section(
            table, more: Int(clamping: all) - min(rows, parked.count), "mend txn list --state parked", on: &screen)
    }

    private func showErrors(_ rows: Int, on screen: inout Screen) {
        guard let errors else { return }
        let window = DurationText.text(OverviewLook.errorWindowMs)
        var table = Table(
            .right("group"), .right("in \(window)"), .left("last seen"), .left("service"), .left("message"))
        for group in errors.groups.prefix(rows) {
            table.add(
                Table.Cell(group.group), Table.Cell(group.count), Table.Cell(screen.clock.age(group.lastSeenAt)),
                Table.Cell(group.service), Table.Cell(group.title))
        }
        // How many more there are is not known; that there may be some is.
        let isCut = errors.groups.count > rows || errors.groups.count == Self.mostRows
        section(table, note: isCut ? "more: `mend error summary`" : nil, on: &screen)
    }

    private func showAdvice(on screen: inout Screen) {
        var advice = status.map { StatusScreen($0).advice } ?? []
        if let errors, !errors.anomalies.isEmpty {
            advice.append("something unusual: see `mend error summary`")
        }
        guard !advice.isEmpty else { return }
        var table = Table(.left(""))
        for line in advice { table.add(Table.Cell(line)) }
        section(table, note: nil, on: &screen)
    }

    private func section(
        _ table: Table, more: Int, _ command: String, _ remark: String = "", on screen: inout Screen
    ) {
        section(table, note: more > 0 ? "and \(more) more: `\(command)`\(remark)" : nil, on: &screen)
    }

    /// A table below an empty line, and below it what it leaves out.
    private func section(_ table: Table, note: String?, on screen: inout Screen) {
        guard !table.isEmpty else { return }
        screen.line("")
        screen.table(table)
        guard let note else { return }
        var below = Table(.left(""))
        below.add(Table.Cell(note, .faint))
        screen.table(below)
    }
}
