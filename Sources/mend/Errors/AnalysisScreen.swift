import MendProtocol

/// What went wrong in a window of time, on one screen.
struct AnalysisScreen {
    private let answer: Errors.Analysis.Answer

    init(_ answer: Errors.Analysis.Answer) { self.answer = answer }

    func show(on screen: inout Screen) {
        screen.line(headline(screen.clock))
        guard answer.reports > 0 || !answer.anomalies.isEmpty else { return }
        showServices(on: &screen)
        showKinds(on: &screen)
        showGroups(on: &screen)
        showAnomalies(on: &screen)
    }

    private func headline(_ clock: WallClock) -> String {
        var line = "\(clock.point(answer.since)) to \(clock.point(answer.until)): "
        guard answer.reports > 0 else { return line + "nothing was reported" }
        line += "\(answer.reports) \(answer.reports == 1 ? "report" : "reports"), \(answer.perMinute) a minute"
        if let successes = answer.successes, successes > 0, let rate = answer.errorRate {
            line += "; \(successes) successes known, \((rate * 100).shown) % failed"
        }
        if let lumped = answer.lumped { line += "; \(lumped) of them were too different to be told apart" }
        return line
    }

    private func showServices(on screen: inout Screen) {
        guard !answer.services.isEmpty else { return }
        let step = DurationText.text(answer.stepMs)
        var table = Table(.left("service"), .right("reports"), .left("each \(step)"))
        for service in answer.services {
            table.add(
                Table.Cell(service.name.isEmpty ? "(others)" : service.name), Table.Cell(service.count),
                Table.Cell(Sparkline.text(service.series ?? [])))
        }
        if answer.services.count > 1 {
            table.add(Table.Cell("all", .faint), Table.Cell(answer.reports), Table.Cell(Sparkline.text(answer.series)))
        }
        screen.line("")
        screen.table(table)
    }

    private func showKinds(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        for (title, counts) in [
            ("severity", answer.severities), ("category", answer.categories), ("code", answer.codes),
        ] where !counts.isEmpty {
            table.add(
                Table.Cell(title, .faint), Table.Cell(counts.map { "\($0.name) \($0.count)" }.joined(separator: ", ")))
        }
        screen.line("")
        screen.table(table)
    }

    private func showGroups(on screen: inout Screen) {
        guard !answer.groups.isEmpty else { return }
        var table = Table(.right("group"), .right("reports"), .left("last seen"), .left("service"), .left("message"))
        for group in answer.groups {
            table.add(
                Table.Cell(group.group), Table.Cell(group.count), Table.Cell(screen.clock.age(group.lastSeenAt)),
                Table.Cell(group.service), Table.Cell(group.title))
        }
        screen.line("")
        screen.table(table)
    }

    private func showAnomalies(on screen: inout Screen) {
        screen.line("")
        guard !answer.anomalies.isEmpty else { return screen.line("nothing unusual") }
        var table = Table(.left("unusual"), .left("since"), .left("why"))
        for anomaly in answer.anomalies {
            table.add(
                Table.Cell(anomaly.kind.rawValue, anomaly.kind.style), Table.Cell(screen.clock.point(anomaly.from)),
                Table.Cell(anomaly.why))
        }
        screen.table(table)
        guard !answer.recommendations.isEmpty else { return }
        screen.line("")
        for recommendation in answer.recommendations {
            screen.line(recommendation.text.singleLine)
            screen.line("    \(recommendation.command.singleLine)")
        }
    }
}

extension AnomalyKind {
    var style: Table.Style {
        switch self {
        case .criticalThreshold, .recoveryFailure: .bad
        case .spike, .frequentError, .highRate: .warning
        }
    }
}

extension Double {
    /// With at most one place after the point.
    fileprivate var shown: String {
        let tenths = (self * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int64(tenths)) : String(tenths)
    }
}

/// Numbers as a row of blocks, the highest for the largest.
package enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    package static func text(_ numbers: [Int64]) -> String {
        let most = numbers.max() ?? 0
        return String(
            numbers.map { number in
                guard number > 0 else { return "·" }
                return blocks[Int((number * Int64(blocks.count) - 1) / most)]
            })
    }
}
