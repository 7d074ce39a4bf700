import MendProtocol

/// What is known of one code.
package struct CatalogueEntry: Sendable {
    package let code: String
    /// What it means, for whoever looks into it.
    package let message: String
    package let category: Category
    package let severity: Severity
    package let strategy: Strategy
    /// What an HTTP server answers its caller for it.
    package let httpStatus: Int32?
    /// Steps for whoever looks into it.
    package let guidance: [String]
    package let plan: String?
    /// The key of the text for users.
    let userMessage: String
}

/// What holds for a category where nothing says otherwise.
package struct CategoryEntry: Sendable {
    package let severity: Severity
    package let strategy: Strategy
    package let guidance: [String]
}

/// What a file says of a code or a category, before the files before it are asked for the rest.
struct EntryDraft: Sendable {
    var message: String?
    var category: Category?
    var severity: Severity?
    var strategy: Strategy?
    var httpStatus: Int32?
    var guidance: [String]?
    var plan: String?
    var userMessage: String?
    /// Where it was said last.
    var place: SourcePlace

    init(place: SourcePlace) { self.place = place }

    /// What this leaves open is as `earlier` has it.
    func over(_ earlier: EntryDraft?) -> EntryDraft {
        guard let earlier else { return self }
        var merged = self
        merged.message = message ?? earlier.message
        merged.category = category ?? earlier.category
        merged.severity = severity ?? earlier.severity
        merged.strategy = strategy ?? earlier.strategy
        merged.httpStatus = httpStatus ?? earlier.httpStatus
        merged.guidance = guidance ?? earlier.guidance
        merged.plan = plan ?? earlier.plan
        merged.userMessage = userMessage ?? earlier.userMessage
        return merged
    }
}

/// What the files of the catalogue say together; a later one stands over those before it, member by member.
struct CatalogueDraft: Sendable {
    var codes: [String: EntryDraft] = [:]
    /// In the order in which they were said first.
    var order: [String] = []
    var categories: [Category: EntryDraft] = [:]
    var languages: [String: Language] = [:]

    mutating func merge(_ later: CatalogueDraft) {
        for code in later.order {
            if codes[code] == nil { order.append(code) }
            codes[code] = later.codes[code]?.over(codes[code])
        }
        for (category, entry) in later.categories { categories[category] = entry.over(categories[category]) }
        for (tag, language) in later.languages {
            var merged = languages[tag] ?? Language(tag: tag)
            merged.plural = language.plural ?? merged.plural
            merged.units.merge(language.units) { $1 }
            merged.texts.merge(language.texts) { $1 }
            languages[tag] = merged
        }
    }
}
