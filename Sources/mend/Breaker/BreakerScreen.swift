import MendProtocol

/// One breaker with its settings and counts.
struct BreakerScreen {
    private let info: BreakerInfo

    init(_ info: BreakerInfo) {
        self.info = info
    }

    func show(on screen: inout Screen) {
        var table = Table(.left(""), .left(""))
        table.add("breaker", Table.Cell(info.breaker.text))
        table.add("state", Table.Cell(info.state.rawValue, info.state.style))
        table.add("since", Table.Cell(screen.clock.text(info.since)))
        if let retry = info.retryAt { table.add("tries again", Table.Cell(screen.clock.text(retry))) }
        table.add("failures in a row", Table.Cell(info.consecutiveFailures))
        table.add("window", Table.Cell("\(info.windowFailures) of \(info.windowCalls) calls failed"))
        if let slow = info.windowSlow { table.add("slow", Table.Cell("\(slow) of \(info.windowCalls) calls")) }
        table.add("permits out", Table.Cell(info.permits))
        table.add("denied", Table.Cell(info.denied))
        table.add("abandoned", Table.Cell(info.abandoned))
        let counts = [
            ("ignored", info.ignored), ("denied in shadow", info.shadowDenied), ("retries", info.retries),
            ("fallbacks", info.fallbacks),
        ]
        for (title, count) in counts {
            if let count { table.add(Table.Cell(title), Table.Cell(count)) }
        }
        Self.add(info.settings, to: &table)
        screen.table(table)
    }

    static func add(_ settings: BreakerSettings, to table: inout Table) {
        var opens = "after \(settings.failureThreshold) failures in a row"
        let window = settings.windowMs.map { "calls of \(DurationText.text($0))" } ?? "\(settings.windowCalls) calls"
        if let rate = settings.failureRateThreshold {
            opens += ", or when \(rate) of \(window) fail, from \(settings.minimumCalls) calls on"
        }
        if let rate = settings.slowCallRateThreshold, let slowMs = settings.slowCallDurationMs {
            opens += ", or when \(rate) of \(window) take \(DurationText.text(slowMs))"
        }
        table.add("opens", Table.Cell(opens))
        let (first, last) = (settings.recoveryTimeoutMs, settings.maxRecoveryTimeoutMs)
        table.add("recovery", Table.Cell("after \(DurationText.text(first)), growing to \(DurationText.text(last))"))
        table.add(
            "closes",
            Table.Cell("after \(settings.successThreshold) successes, \(settings.halfOpenPermits) at a time"))
        if let most = settings.maxConcurrent { table.add("at a time", Table.Cell("\(most) calls")) }
        if let share = settings.retryBudget { table.add("retries", Table.Cell("at most \(share) of the calls")) }
        if settings.shadow == true { table.add("shadow", Table.Cell("it never denies", .warning)) }
        table.add("permits last", Table.Cell(DurationText.text(settings.permitMs)))
    }
}
