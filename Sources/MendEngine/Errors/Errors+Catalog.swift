import MendProtocol
import MendRules

extension Errors.Catalog: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        var page = Page<CatalogCode>(limit: Int(limit?.value ?? 100), maxBytes: scope.settings.pageMaxBytes)
        for code in scope.rules.codes where code > after ?? "" && code.hasPrefix(prefix ?? "") {
            guard let entry = scope.rules.entry(code) else { continue }
            guard try page.take(CatalogCode(entry, userMessage: scope.rules.userMessage(entry, locale: locale))) else {
                break
            }
        }
        return Answer(codes: page.items, next: page.hasMore ? page.items.last?.code : nil)
    }
}

extension CatalogCode {
    fileprivate init(_ entry: CatalogueEntry, userMessage: String) {
        self.init(
            code: entry.code, message: entry.message, category: entry.category, severity: entry.severity,
            strategy: entry.strategy, httpStatus: entry.httpStatus, userMessage: userMessage, guidance: entry.guidance,
            plan: entry.plan)
    }
}
