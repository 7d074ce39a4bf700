import MendWire

extension Audit {
    /// A transaction of a list.
    func foundSaga(_ transaction: JSONValue) {
        guard let id = transaction["transaction"]?.integerValue, let name = transaction["name"]?.stringValue,
            let saga = Work.number(in: name, after: "t"), ledger.sagas.indices.contains(saga)
        else { return ledger.complain(.invented, "a transaction: \(transaction.rawText)") }
        if let known = ledger.sagas[saga].id, known != id {
            return ledger.complain(.invented, "transaction \(name) is \(known) and \(id)")
        }
        ledger.sagas[saga].id = id
        ledger.sagaOf[id] = saga
    }

    func auditSagas(_ sagas: [Int]) throws {
        let known = sagas.filter { ledger.sagas[$0].id != nil }
        let questions = known.map { ("transaction.get", #""transaction":\#(ledger.sagas[$0].id ?? 0)"#) }
        try inquiry.ask(questions) { index, answer in
            let saga = known[index]
            guard let result = answer["result"], let state = result["info"]?["state"]?.stringValue else {
                return ledger.complain(.lost, "transaction \(Work.sagaName(saga)): \(answer.rawText)")
            }
            judge(saga, state, result["steps"]?.elements.map { $0 } ?? [])
        }
    }

    private func judge(_ saga: Int, _ state: String, _ steps: [JSONValue]) {
        let told = ledger.sagas[saga]
        let isRolledBack = state == "rolling_back" || state == "rolled_back"
        let isExplained =
            switch told.state {
            case .committed: state == "committed"
            case .rollingBack: isRolledBack
            case .active:
                state == "active" || (state == "committed" && told.isCommitAsked)
                    || (isRolledBack && told.isRollbackAsked)
            }
        if !isExplained {
            ledger.complain(.lost, "transaction \(Work.sagaName(saga)) is \(state), was told \(told.state)")
        }
        if steps.count < told.stepsTold {
            ledger.complain(.lost, "a step of \(Work.sagaName(saga)): \(steps.count) of \(told.stepsTold)")
        }
        if steps.count > told.stepsAsked {
            ledger.complain(.invented, "a step of \(Work.sagaName(saga)): \(steps.count), asked \(told.stepsAsked)")
        }
        for (index, step) in steps.enumerated() {
            let stepState = step["state"]?.stringValue
            if state == "active", told.confirmed.contains(index + 1), stepState != "confirmed" {
                ledger.complain(.lost, "the confirmation of step \(index + 1) of \(Work.sagaName(saga))")
            }
            if stepState == "undone", !told.undone.contains(index + 1) {
                ledger.complain(.invented, "step \(index + 1) of \(Work.sagaName(saga)) is undone, and nobody did it")
            }
        }
        // Known by now, whatever was in doubt. A step that was asked and is there counts from here on.
        ledger.sagas[saga].stepsTold = max(told.stepsTold, steps.count)
        if state == "committed" { ledger.sagas[saga].state = .committed }
        if isRolledBack { ledger.sagas[saga].state = .rollingBack }
    }

    // MARK: Reports

    func auditReports(_ serials: [Int]) throws {
        let told = serials.filter { (ledger.reports[$0] ?? 0) > 0 }
        try inquiry.ask(told.map { ("error.get", #""error":\#(ledger.reports[$0] ?? 0)"#) }) { index, answer in
            if answer["result"]?["message"]?.stringValue != Work.reportMessage(told[index]) {
                ledger.complain(.lost, "report \(told[index]): \(answer.rawText)")
            }
        }
    }

    func auditAllReports() throws {
        var kept: Set<Int> = []
        var reports: Set<Int> = []
        var failures: Set<Int> = []
        try inquiry.list("error.list", "errors") { report in
            kept.insert(report["error"]?.integerValue ?? 0)
            let message = report["message"]?.stringValue ?? ""
            if report["service"]?.stringValue == "mend" { return }
            if let serial = Work.number(in: message, after: "report ") {
                if serial >= ledger.nextReport || !reports.insert(serial).inserted {
                    ledger.complain(.invented, "a report: \(report.rawText)")
                }
            } else if let lease = Work.number(in: message, after: "lease ") {
                if ledger.failures[lease] == nil || !failures.insert(lease).inserted {
                    ledger.complain(.invented, "a failure: \(report.rawText)")
                }
            } else {
                ledger.complain(.invented, "a report: \(report.rawText)")
            }
        }
        for (serial, error) in ledger.reports where error > 0 && !kept.contains(error) {
            ledger.complain(.lost, "report \(serial), error \(error)")
        }
        for (lease, error) in ledger.failures where error > 0 && !kept.contains(error) {
            ledger.complain(.lost, "the failure of lease \(lease), error \(error)")
        }
    }
}
