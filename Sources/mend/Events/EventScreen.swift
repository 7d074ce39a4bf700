import MendProtocol

/// Events as people read them, one a line.
struct EventScreen {
    private var table = Table(.right("event"), .left("when"), .left("kind"), .left("about"), .left("message"))

    mutating func add(_ event: Event, _ clock: WallClock) {
        table.add(
            Table.Cell(event.event), Table.Cell(clock.text(event.at)),
            Table.Cell(event.kind.rawValue, event.kind.style),
            Table.Cell(event.about.isEmpty ? nil : event.about.joined(separator: " ")), Table.Cell(event.message))
    }

    func show(on screen: inout Screen) { screen.table(table) }
}

extension Event {
    /// What it is about, as `mend explain` takes it.
    var about: [String] {
        let subjects: [(String, String?)] = [
            ("op", operation.map { String($0) }), ("queue", operation == nil ? queue?.text : nil),
            ("breaker", breaker?.text), ("txn", transaction.map { String($0) }), ("error", error.map { String($0) }),
            ("group", group.map { String($0) }),
        ]
        return subjects.compactMap { kind, id in id.map { "\(kind):\($0)" } }
    }
}

extension EventKind {
    /// Whether somebody should look.
    var style: Table.Style {
        switch self {
        case .operationDead, .operationPoison, .transactionParked, .transactionUndrained, .spaceShort: .bad
        case .breakerOpened, .breakerForced, .breakerHalfOpen, .breakerDisabled, .operationRetried, .operationExpired,
            .operationForgotten, .operationParked, .queueParked, .leaseLost, .policyUnknown, .transactionRollingBack,
            .groupNew, .groupRegressed, .groupEscalating, .reportsSampled, .clockJumped:
            .warning
        case .breakerClosed, .spaceBack, .queueUnparked, .transactionCommitted: .good
        case .operatorCall, .daemonStarted, .groupMerged, .replayBegun, .replayEnded, .transactionRolledBack,
            .transactionRolledBackTo, .transactionResumed, .transactionSkipped, .transactionResolved:
            .plain
        }
    }
}
