import MendProtocol
import MendRules
import MendWire

extension Errors.Guidance: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        switch (code, error) {
        case (let code?, nil):
            guard let entry = scope.rules.entry(code) else { throw CallError.noCode(code, among: scope.rules.codes) }
            return answer(entry, nil, scope.rules)
        case (nil, let error?):
            return answer(to: try Errors.Get(error: error).read(scope), scope.rules)
        case (nil, nil), (_?, _?):
            throw CallError(
                .invalidParams, "either a code or an error is needed", field: code == nil ? "code" : "error",
                hint: #"such as {"code":"posix.ENOSPC"}"#)
        }
    }

    /// By the rule that decided then, as far as it is still there; else by what the report said of itself.
    private func answer(to stored: StoredReport, _ rules: Rulebook) -> Answer {
        let code = rules.code(ofRule: stored.why) ?? stored.code
        if let entry = code.flatMap(rules.entry) { return answer(entry, stored, rules) }
        var answer = Answer(category: stored.category, severity: stored.severity, strategy: stored.strategy)
        answer.error = stored.error
        answer.why = stored.why
        answer.guidance = rules.category(stored.category).guidance
        answer.userMessage = rules.userMessage(stored.category, locale: locale ?? stored.locale)
        return answer
    }

    private func answer(_ entry: CatalogueEntry, _ stored: StoredReport?, _ rules: Rulebook) -> Answer {
        var answer = Answer(
            category: stored?.category ?? entry.category, severity: stored?.severity ?? entry.severity,
            strategy: stored?.strategy ?? entry.strategy)
        answer.error = stored?.error
        answer.why = stored?.why
        answer.code = entry.code
        answer.message = entry.message
        answer.httpStatus = entry.httpStatus
        answer.userMessage = rules.userMessage(entry, locale: locale ?? stored?.locale)
        answer.guidance = entry.guidance.isEmpty ? rules.category(answer.category).guidance : entry.guidance
        answer.plan = entry.plan
        return answer
    }
}

extension StoredReport {
    /// The language that the report asked for.
    fileprivate var locale: String? { (try? details.document.root)?["locale"]?.stringValue }
}

extension CallError {
    fileprivate static func noCode(_ code: String, among codes: [String]) -> CallError {
        CallError(
            .notFound, "there is no code \(code.prefix(128)) in the catalogue", field: "code",
            hint: (codes.first { $0.hasSuffix(".\(code)") } ?? nearest(to: code, among: codes)).map {
                "did you mean \($0)?"
            } ?? "error.catalog lists all codes")
    }
}
