import MendProtocol

extension CallError {
    static let diskFull = CallError(
        .diskFull, "there is no space left for new work; nothing of this call was kept",
        hint: "free some space on the file system of the state; no restart is needed", retryAfterMs: 10_000)
}

extension CallContext {
    /// The answer to new work where only what ends work still fits. Refused reports are counted, and told of later.
    func refusalForSpace(isReport: Bool) -> CallError {
        if isReport { engine.reportsRefused += 1 }
        return .diskFull
    }
}

extension Scope {
    /// Tells that space has run out, or that there is some again, and how many reports were refused meanwhile.
    func tellOfSpace() throws {
        guard engine.toldShortOfSpace != engine.isShortOfSpace else { return }
        if engine.isShortOfSpace {
            try journal(NewEvent(.spaceShort, "space has run out: new work is refused, what ends work goes on"))
        } else {
            var event = NewEvent(
                .spaceBack, "there is space again; \(engine.reportsRefused) reports were refused meanwhile")
            event.details = #"{"reports_refused":\#(engine.reportsRefused)}"#
            try journal(event)
            engine.reportsRefused = 0
        }
        engine.toldShortOfSpace = engine.isShortOfSpace
    }
}
