import MendProtocol

/// What the daemon says about a failure.
struct VerdictScreen {
    private let verdict: Verdict

    init(_ verdict: Verdict) {
        self.verdict = verdict
    }

    func show(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        let kept =
            switch (verdict.repeated, verdict.sampled) {
            case (true?, _): "told already, as "
            case (_, true?): "too many: only counted, as "
            default: ""
            }
        table.add("error", Table.Cell("\(kept)\(verdict.error) in group \(verdict.group), \(history)"))
        table.add("verdict", Table.Cell(verdict.retry.text(verdict.strategy), verdict.retry.allowed ? .good : .warning))
        table.add(
            "category",
            Table.Cell("\(verdict.category.rawValue), \(verdict.severity.rawValue)", verdict.severity.style))
        table.add("why", Table.Cell(verdict.why))
        if let code = verdict.code { table.add("code", Table.Cell(code)) }
        table.add("for users", Table.Cell(verdict.userMessage))
        for step in verdict.guidance { table.add("to do", Table.Cell(step)) }
        if let plan = verdict.plan { table.add("plan", Table.Cell(plan)) }
        if let ignored = verdict.ignored { table.add("unknown", Table.Cell(ignored.joined(separator: ", "))) }
        screen.table(table)
    }

    private var history: String {
        if verdict.isNew { return "seen for the first time" }
        return "seen \(verdict.occurrences) times\(verdict.isRegression ? ", back after it was resolved" : "")"
    }

}

extension RetryDecision {
    /// What to do, in one line.
    func text(_ strategy: Strategy) -> String {
        guard allowed else {
            // Worth another try by its kind; the policy has none left.
            guard strategy == .retry || strategy == .wait else { return "\(strategy.rawValue), do not retry" }
            return "give up: attempt \(attempt) of \(maxAttempts) failed"
        }
        let after = afterMs.map { " after \(DurationText.text($0))" } ?? ""
        return "\(strategy.rawValue)\(after), attempt \(attempt) of \(maxAttempts) failed"
    }
}

extension Severity {
    var style: Table.Style {
        switch self {
        case .low, .medium: .plain
        case .high: .warning
        case .critical: .bad
        }
    }
}
