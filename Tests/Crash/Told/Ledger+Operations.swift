import MendWire

extension Ledger {
    /// Notes what is about to be asked: from here on it may have happened.
    func note(_ asked: Asked) {
        switch asked {
        case .enqueue(let serial, _): if enqueues[serial] == nil { enqueues[serial] = .asked }
        case .complete(let token): change(token) { $0.isCompleteAsked = true }
        case .fail(let token):
            failures[token.lease] = failures[token.lease] ?? 0
            change(token) { $0.mayHaveEnded = true }
        case .release(let token): change(token) { $0.mayHaveEnded = true }
        case .extend(let token, let leaseMs):
            change(token) { $0.untilMs = min($0.untilMs, Self.wallMs() + leaseMs) }
        case .cancel(let operation):
            operations[operation]?.isCancelAsked = true
            touched.insert(operation)
        case .report(let serial): touchedReports.insert(serial)
        case .step(let saga, let number): changeSaga(saga) { $0.stepsAsked = max($0.stepsAsked, number) }
        case .commit(let saga): changeSaga(saga) { $0.isCommitAsked = true }
        case .rollback(let saga): changeSaga(saga) { $0.isRollbackAsked = true }
        case .confirm(let saga, _): touchedSagas.insert(saga)
        case .configure(let breaker, let threshold):
            thresholds[breaker, default: Threshold(asked: threshold)].asked = threshold
        case .lease, .begin, .acquire, .record: break
        }
        // Whoever asks for the end of an undo's lease has undone its step.
        if case .complete(let token) = asked { undone(token) }
    }

    private func change(_ token: Asked.Token, _ body: (inout ToldOperation) -> Void) {
        touched.insert(token.operation)
        guard var told = operations[token.operation], told.lease == token.lease else { return }
        body(&told)
        operations[token.operation] = told
    }

    /// The connection that these leases are tied to was closed by its worker: they may end from here on.
    func ownerEnded(_ tokens: [Asked.Token]) {
        for token in tokens { change(token) { $0.mayHaveEnded = true } }
    }

    func enqueued(_ serial: Int, _ result: JSONValue) {
        guard let operation = result["operation"]?.integerValue else { return complain(.odd, result.rawText) }
        if result["deduplicated"]?.boolValue == true {
            if case .told = enqueues[serial] { return complain(.odd, "enqueue \(serial) was told before") }
            enqueues[serial] = .deduplicated
            return
        }
        touched.insert(operation)
        identify(operation, .enqueue(serial: serial))
    }

    /// Notes which enqueue an operation came from, told or found: each is there once.
    func identify(_ operation: Int, _ origin: ToldOperation.Origin) {
        if let known = operations[operation] {
            if known.origin != origin { complain(.invented, "operation \(operation) is \(known.origin) and \(origin)") }
        } else {
            operations[operation] = ToldOperation(origin)
        }
        guard case .enqueue(let serial) = origin else { return }
        switch enqueues[serial] {
        case .asked: enqueues[serial] = .told(operation: operation)
        case .told(let other):
            if other != operation { complain(.invented, "enqueue \(serial) is operation \(other) and \(operation)") }
        case .deduplicated, .refused, nil:
            complain(.invented, "operation \(operation) of enqueue \(serial), which was never taken")
        }
    }

    // MARK: Leases

    func leased(_ asked: Asked.Lease, _ result: JSONValue) {
        guard let elements = result["operations"]?.elements else { return complain(.odd, result.rawText) }
        for element in elements { leasedOne(element, asked) }
    }

    private func leasedOne(_ element: JSONValue, _ asked: Asked.Lease) {
        guard let operation = element["operation"]?.integerValue, let lease = element["lease"]?.integerValue,
            let untilMs = element["lease_until_at"]?.integerValue, let payload = element["payload"]?.rawText,
            let origin = origin(of: element, payload)
        else { return complain(.invented, "leased: \(element.rawText)") }
        touched.insert(operation)
        identify(operation, origin)
        if !tokens.insert(lease).inserted { complain(.leasedTwice, "token \(lease) was given before") }
        var told = operations[operation] ?? ToldOperation(origin)
        let grantedMs = untilMs - asked.leaseMs
        judge(operation, told, lease: lease, grantedMs: grantedMs, untilMs: untilMs)
        // An answer that waited in a socket while its lease ran out: a newer one is known.
        guard lease > told.lease else { return }
        if case .undo(let saga, let step) = origin { judgeUndo(saga, step) }
        told.lease = lease
        told.grantedMs = grantedMs
        told.untilMs = untilMs
        told.isTiedToConnection = asked.holds
        told.run = run
        told.isOut = true
        told.mayHaveEnded = false
        told.isCompleteAsked = false
        operations[operation] = told
    }

    private func judge(_ operation: Int, _ told: ToldOperation, lease: Int, grantedMs: Int, untilMs: Int) {
        if let ending = told.ending, ending != .cancelled || grantedMs > told.endingToldMs + Self.slackMs {
            return complain(.leasedAfterEnd, "operation \(operation) by lease \(lease), though \(ending)")
        }
        if lease > told.lease {
            guard told.isSurelyOut, grantedMs + Self.slackMs < told.safeUntilMs(self) else { return }
            complain(
                .leasedTwice,
                "operation \(operation) by \(told.lease) until \(told.untilMs) and by \(lease) at \(grantedMs)")
        } else if untilMs > told.grantedMs + Self.slackMs {
            complain(.leasedTwice, "operation \(operation) by \(told.lease) while \(lease) was in force")
        }
    }

    /// Which enqueue or undo an operation comes from, told by its payload, which must be as it was sent.
    func origin(of operation: JSONValue, _ payload: String) -> ToldOperation.Origin? {
        if let serial = operation["payload"]?["n"]?.integerValue {
            return payload == Work.payload(serial) ? .enqueue(serial: serial) : nil
        }
        guard let transaction = operation["transaction"]?.integerValue, let step = operation["step"]?.integerValue,
            let saga = sagaOf[transaction], payload == Work.undo(saga, step)
        else { return nil }
        return .undo(saga: saga, step: step)
    }

    // MARK: Ends of leases

    func ended(_ token: Asked.Token, as ending: ToldOperation.Ending) {
        touched.insert(token.operation)
        guard let told = operations[token.operation] else {
            return complain(.invented, "operation \(token.operation) ended")
        }
        if told.lease != token.lease {
            complain(.leasedTwice, "operation \(token.operation) ended by \(token.lease), held by \(told.lease)")
        }
        operations[token.operation]?.ending = ending
        operations[token.operation]?.endingToldMs = Self.wallMs()
        operations[token.operation]?.isOut = false
    }

    func failed(_ token: Asked.Token, _ result: JSONValue) {
        let error = result["verdict"]?["error"]?.integerValue ?? 0
        if result["verdict"]?["sampled"]?.boolValue != true { failures[token.lease] = error }
        switch result["state"]?.stringValue {
        case "dead": ended(token, as: .dead)
        default: released(token)
        }
        operations[token.operation]?.lastError = error
    }

    func released(_ token: Asked.Token) {
        touched.insert(token.operation)
        guard operations[token.operation]?.lease == token.lease else { return }
        operations[token.operation]?.isOut = false
    }

    func extended(_ token: Asked.Token, _ result: JSONValue) {
        guard operations[token.operation]?.lease == token.lease else { return }
        operations[token.operation]?.untilMs = result["lease_until_at"]?.integerValue ?? 0
    }

    func cancelled(_ operation: Int) {
        touched.insert(operation)
        operations[operation]?.ending = .cancelled
        operations[operation]?.endingToldMs = Self.wallMs()
        operations[operation]?.isOut = false
    }

    /// Somebody who held a lease was told that it has ended. There must be a reason.
    func leaseLost(_ token: Asked.Token, wasCompleted: Bool) {
        guard let told = operations[token.operation], told.lease == token.lease else { return }
        if told.ending == .done, wasCompleted {
            return complain(
                .odd, "lease \(token.lease) completed operation \(token.operation), and is not known for it")
        }
        if told.isSurelyOut, Self.wallMs() + Self.slackMs < told.safeUntilMs(self) {
            complain(.lost, "lease \(token.lease) of operation \(token.operation), in force until \(told.untilMs)")
        }
        operations[token.operation]?.isOut = false
    }
}
