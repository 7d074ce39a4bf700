import LoadKit
import MendWire

/// Compares what a restarted daemon has with what clients were told.
struct Audit {
    let ledger: Ledger
    let inquiry: Inquiry

    init(_ ledger: Ledger, socket: String) throws {
        self.ledger = ledger
        inquiry = try Inquiry(socket)
    }

    /// Everything that changed in the last run, and everything that lives.
    func afterRestart() throws {
        for state in ["ready", "scheduled", "leased"] {
            try inquiry.list("queue.list", "operations", #""state":"\#(state)""#) { found($0) }
        }
        try inquiry.list("transaction.list", "transactions", #""state":"active""#) { foundSaga($0) }
        try auditOperations(ledger.touched.sorted())
        try auditSagas(ledger.touchedSagas.sorted())
        try auditReports(ledger.touchedReports.sorted())
        try auditThresholds()
        ledger.touched = []
        ledger.touchedSagas = []
        ledger.touchedReports = []
    }

    /// Everything there is, against everything that was told.
    func atEnd() throws {
        var kept: Set<Int> = []
        try inquiry.list("queue.list", "operations") { operation in
            found(operation)
            kept.insert(operation["operation"]?.integerValue ?? 0)
            if let told = ledger.operations[operation["operation"]?.integerValue ?? 0] {
                judge(operation, told, of: operation["operation"]?.integerValue ?? 0)
            }
        }
        for (operation, _) in ledger.operations where !kept.contains(operation) {
            ledger.complain(.lost, "operation \(operation)")
        }
        for (serial, enqueued) in ledger.enqueues {
            guard case .told(let operation) = enqueued, !kept.contains(operation) else { continue }
            ledger.complain(.lost, "operation \(operation) of enqueue \(serial)")
        }
        try inquiry.list("transaction.list", "transactions") { foundSaga($0) }
        try auditSagas(ledger.sagas.indices.filter { ledger.sagas[$0].id != nil })
        try auditAllReports()
        try auditThresholds()
    }

    // MARK: Operations

    /// An operation of a list, which shows no payload but the correlation.
    private func found(_ operation: JSONValue) {
        guard let id = operation["operation"]?.integerValue else {
            return ledger.complain(.odd, operation.rawText)
        }
        if let transaction = operation["transaction"]?.integerValue, let step = operation["step"]?.integerValue {
            guard let saga = ledger.sagaOf[transaction] else {
                return ledger.complain(.invented, "an undo: \(operation.rawText)")
            }
            return ledger.identify(id, .undo(saga: saga, step: step))
        }
        guard let correlation = operation["correlation"]?.stringValue,
            let serial = Work.number(in: correlation, after: "n")
        else { return ledger.complain(.invented, operation.rawText) }
        ledger.identify(id, .enqueue(serial: serial))
    }

    private func auditOperations(_ ids: [Int]) throws {
        try inquiry.ask(ids.map { ("queue.get", #""operation":\#($0)"#) }) { index, answer in
            let id = ids[index]
            guard let told = ledger.operations[id] else { return }
            guard let operation = answer["result"] else {
                return ledger.complain(.lost, "operation \(id): \(answer.rawText)")
            }
            if let payload = operation["payload"]?.rawText, ledger.origin(of: operation, payload) != told.origin {
                ledger.complain(.invented, "operation \(id) is not what was sent: \(operation.rawText)")
            }
            judge(operation, told, of: id)
            settle(id, state: operation["state"]?.stringValue ?? "")
        }
    }

    private func judge(_ operation: JSONValue, _ told: ToldOperation, of id: Int) {
        let state = operation["state"]?.stringValue ?? ""
        if let ending = told.ending {
            if state != ending.rawValue { ledger.complain(.lost, "operation \(id) is \(state), was told \(ending)") }
            return
        }
        let isExplained =
            switch state {
            case "done": told.isCompleteAsked
            case "cancelled": told.isCancelAsked
            // Set aside by the daemon: it lost its workers, or a failure that was asked had no answer.
            case "dead": told.lease > 0
            case "ready", "scheduled", "leased": true
            default: false
            }
        if !isExplained { ledger.complain(.invented, "operation \(id) is \(state)") }
        if told.isSurelyOut, !told.isCompleteAsked, Ledger.wallMs() + Ledger.slackMs < told.safeUntilMs(ledger) {
            if state != "leased" {
                ledger.complain(.lost, "lease \(told.lease) of operation \(id), which is \(state)")
            } else if let untilMs = operation["lease_until_at"]?.integerValue, untilMs + Ledger.slackMs < told.untilMs {
                ledger.complain(.lost, "operation \(id) is leased until \(untilMs), was told \(told.untilMs)")
            }
        }
        if let error = operation["last_error"]?.integerValue ?? Optional(0), error < told.lastError {
            ledger.complain(.lost, "failure \(told.lastError) of operation \(id): \(operation.rawText)")
        }
    }

    /// What was in doubt is known now.
    private func settle(_ id: Int, state: String) {
        guard var told = ledger.operations[id] else { return }
        if let ending = ToldOperation.Ending(rawValue: state) {
            told.ending = ending
            told.endingToldMs = Ledger.wallMs()
        }
        if state != "leased" { told.isOut = false }
        told.isCompleteAsked = false
        told.isCancelAsked = false
        ledger.operations[id] = told
    }

    // MARK: Breakers

    private func auditThresholds() throws {
        let breakers = ledger.thresholds.sorted { $0.key < $1.key }
        try inquiry.ask(breakers.map { ("breaker.get", #""breaker":"b\#($0.key)""#) }) { index, answer in
            let threshold = breakers[index].value
            let found = answer["result"]?["settings"]?["failure_threshold"]?.integerValue
            defer { ledger.thresholds[breakers[index].key]?.told = found }
            guard let told = threshold.told, found != told, found != threshold.asked else { return }
            ledger.complain(.lost, "breaker \(breakers[index].key) has \(answer.rawText), was told \(told)")
        }
    }
}
