import MendWire

/// What clients were told of one transaction.
struct ToldSaga {
    enum State {
        case active, committed, rollingBack
    }

    var id: Int?
    var state = State.active
    var stepsAsked = 0
    var stepsTold = 0
    var confirmed: Set<Int> = []
    var isCommitAsked = false
    var isRollbackAsked = false
    /// Steps whose undo a worker has done; it asked to complete it afterwards.
    var undone: Set<Int> = []
}

extension Ledger {
    func newSaga() -> Int {
        sagas.append(ToldSaga())
        return sagas.count - 1
    }

    func changeSaga(_ saga: Int, _ body: (inout ToldSaga) -> Void) {
        touchedSagas.insert(saga)
        body(&sagas[saga])
    }

    func begun(_ saga: Int, _ result: JSONValue) {
        guard let id = result["transaction"]?.integerValue else { return complain(.odd, result.rawText) }
        changeSaga(saga) { $0.id = id }
        if sagaOf.updateValue(saga, forKey: id) != nil { complain(.invented, "transaction \(id) was begun twice") }
    }

    func stepped(_ saga: Int, _ number: Int, _ result: JSONValue) {
        if result["step"]?.integerValue != number {
            complain(.odd, "step \(number) of \(Work.sagaName(saga)) is \(result.rawText)")
        }
        changeSaga(saga) { $0.stepsTold = number }
    }

    /// An undo was leased: steps after it must have been undone.
    func judgeUndo(_ saga: Int, _ step: Int) {
        touchedSagas.insert(saga)
        let told = sagas[saga]
        if !told.isRollbackAsked || told.state == .committed {
            complain(.order, "undo \(step) of \(Work.sagaName(saga)), which is \(told.state)")
        }
        if let later = (step + 1...max(step + 1, told.stepsTold)).first(where: {
            $0 <= told.stepsTold && !told.undone.contains($0)
        }) {
            complain(.order, "undo \(step) of \(Work.sagaName(saga)) before that of \(later)")
        }
    }

    func undone(_ token: Asked.Token) {
        guard case .undo(let saga, let step) = operations[token.operation]?.origin else { return }
        changeSaga(saga) { $0.undone.insert(step) }
    }

    // MARK: Reports and breakers

    func reported(_ serial: Int, _ result: JSONValue) {
        let error = result["sampled"]?.boolValue == true ? 0 : result["error"]?.integerValue
        guard let error else { return complain(.odd, result.rawText) }
        reports[serial] = error
    }

    func acquired(_ result: JSONValue) {
        guard let permit = result["permit"]?.integerValue else { return }
        if !permits.insert(permit).inserted { complain(.leasedTwice, "permit \(permit) was given before") }
    }
}
