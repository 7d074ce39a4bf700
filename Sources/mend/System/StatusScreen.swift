import MendProtocol

/// The whole host on one screen, and where to look next.
struct StatusScreen {
    private let status: System.Status.Answer

    init(_ status: System.Status.Answer) {
        self.status = status
    }

    func show(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        addRows(to: &table)
        screen.table(table)
        let advice = advice
        if !advice.isEmpty { screen.line("") }
        for line in advice { screen.line(line) }
    }

    func addRows(to table: inout Table) {
        table.add("daemon", Table.Cell("mendd \(status.version), up \(DurationText.text(status.uptimeMs))"))
        table.add("connections", Table.Cell(status.connections))
        table.add("calls", Table.Cell(calls))
        table.add("operations", Table.Cell(operations, status.operations.dead > 0 ? .warning : .plain))
        table.add("breakers", Table.Cell(breakers, openBreakers > 0 ? .warning : .plain))
        table.add("transactions", Table.Cell(transactions, parkedTransactions > 0 ? .warning : .plain))
        table.add("errors", Table.Cell("\(status.errors.reports) reports in \(status.errors.groups) groups"))
    }

    private var calls: String {
        let calls = status.calls
        let silent = calls.notificationsFailed > 0 ? ", notifications failed \(calls.notificationsFailed)" : ""
        return "answered \(calls.answered), failed \(calls.failed)\(silent), commits \(calls.commits)"
    }

    private var operations: String {
        let counts = OperationState.allCases.filter { status.operations[$0] > 0 }
        let queues = "\(status.queues) \(status.queues == 1 ? "queue" : "queues")"
        return Self.listed(counts.map { ($0.rawValue, status.operations[$0]) }) + " in \(queues)"
    }

    private var breakers: String {
        Self.listed(
            BreakerState.allCases.compactMap { state in
                status.breakers[state.rawValue].map { (state.rawValue, Int64($0)) }
            })
    }

    private var transactions: String {
        Self.listed(
            TransactionState.allCases.compactMap { state in
                status.transactions[state.rawValue].map { (state.rawValue, $0) }
            })
    }

    private var openBreakers: Int {
        [BreakerState.open, .halfOpen, .forcedOpen].reduce(0) { $0 + (status.breakers[$1.rawValue] ?? 0) }
    }

    private var parkedTransactions: Int64 { status.transactions[TransactionState.parked.rawValue] ?? 0 }

    var advice: [String] {
        var lines: [String] = []
        if status.operations.dead > 0 { lines.append("dead letters: see `mend queue list --state dead`") }
        if openBreakers > 0 { lines.append("open breakers: see `mend breaker list`") }
        if parkedTransactions > 0 { lines.append("parked transactions: see `mend txn list --state parked`") }
        return lines
    }

    /// `ready 3, leased 1`, without those that are none.
    private static func listed(_ counts: [(String, Int64)]) -> String {
        let shown = counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
        return shown.isEmpty ? "none" : shown.joined(separator: ", ")
    }
}
