import MendProtocol

/// What the files say together, checked as a whole.
struct RulebookParts: Sendable {
    var rules: [Rule] = []
    /// How many of the rules are the operator's: the first ones.
    var ownCount = 0
    var entries: [String: CatalogueEntry] = [:]
    var categories: [Category: CategoryEntry] = [:]
    var languages: [String: Language] = [:]
    var problems: [RuleProblem] = []

    /// - Parameters:
    ///   - own: the operator's rules, which come first.
    ///   - shipped: of which those are left out whose name the operator has taken.
    init(own: [Rule], shipped: RuleIndex, catalogue: CatalogueDraft) {
        languages = catalogue.languages
        for category in Category.allCases {
            let draft = catalogue.categories[category]
            categories[category] = CategoryEntry(
                severity: draft?.severity ?? .medium, strategy: draft?.strategy ?? .retry,
                guidance: draft?.guidance ?? [])
        }
        checkNames(own)
        checkSizes(own, catalogue)
        let taken = Set(own.map(\.name))
        let ofCodes = catalogue.order.compactMap { code in Self.rule(code, catalogue.codes[code]) }
        ownCount = own.count
        rules = own + (ofCodes + shipped.rules).filter { !taken.contains($0.name) }
        addEntries(catalogue, shipped)
        // What follows from a mistake is not told beside it.
        if problems.isEmpty { checkMeanings() }
    }

    private mutating func checkNames(_ own: [Rule]) {
        var places: [String: SourcePlace] = [:]
        for rule in own {
            if let first = places.updateValue(rule.place, forKey: rule.name), first != rule.place {
                problems.append(
                    RuleProblem(
                        place: rule.place, message: "there is another rule with the name \(rule.name), in \(first)"))
            }
        }
    }

    /// Of an operator's rules, with those that a name with `{field}` makes.
    static let maxRules = 20_000
    /// Of the texts that an operator's rules look for: what finds them takes some 200 bytes of memory for each.
    static let maxTextBytes = 64 << 10
    static let maxCodes = 10_000

    private mutating func checkSizes(_ own: [Rule], _ catalogue: CatalogueDraft) {
        if let rule = own.dropFirst(Self.maxRules).first {
            problems.append(RuleProblem(place: rule.place, message: "there are more than \(Self.maxRules) rules"))
        }
        if let code = catalogue.order.dropFirst(Self.maxCodes).first, let place = catalogue.codes[code]?.place {
            problems.append(RuleProblem(place: place, message: "there are more than \(Self.maxCodes) codes"))
        }
        var bytes = 0
        for rule in own {
            bytes += rule.conditions.reduce(0) { $0 + $1.textBytes }
            guard bytes > Self.maxTextBytes else { continue }
            problems.append(
                RuleProblem(
                    place: rule.place,
                    message: "the texts of all rules together are more than \(Self.maxTextBytes) bytes"))
            return
        }
    }

    /// A code that has a category of its own is a rule.
    private static func rule(_ code: String, _ draft: EntryDraft?) -> Rule? {
        guard let draft, draft.category != nil else { return nil }
        return Rule(
            name: "code.\(code)", conditions: [.words(.code, [WordPattern(code)])], meaning: Rule.Meaning(code: code),
            place: draft.place)
    }

    /// - Parameter shipped: the shipped rules, whichever of them the operator has replaced.
    private mutating func addEntries(_ catalogue: CatalogueDraft, _ shipped: RuleIndex) {
        let keys = Set(languages.values.flatMap(\.texts.keys))
        for code in catalogue.order {
            guard let draft = catalogue.codes[code] else { continue }
            // `posix.ENOSPC` need not repeat what the rule of ENOSPC says.
            let ruled = draft.category == nil ? Self.meaning(of: code, shipped) : nil
            guard let category = draft.category ?? ruled?.category else {
                problems.append(
                    RuleProblem(
                        place: draft.place, message: "the code \(code) needs a category: no rule says what it is"))
                continue
            }
            guard let message = draft.message else {
                problems.append(RuleProblem(place: draft.place, message: "the code \(code) needs a message"))
                continue
            }
            if let key = draft.userMessage, !keys.contains(key) {
                problems.append(RuleProblem(place: draft.place, message: missingText(key, keys)))
            }
            let defaults = categories[category]
            entries[code] = CatalogueEntry(
                code: code, message: message, category: category,
                severity: draft.severity ?? ruled?.severity ?? defaults?.severity ?? .medium,
                strategy: draft.strategy ?? ruled?.strategy ?? defaults?.strategy ?? .retry,
                httpStatus: draft.httpStatus, guidance: draft.guidance ?? [], plan: draft.plan,
                userMessage: draft.userMessage ?? (keys.contains(code) ? code : category.rawValue))
        }
    }

    private static func meaning(of code: String, _ index: RuleIndex) -> Rule.Meaning? {
        var report = Errors.Report(message: "")
        report.code = code
        var facts = Facts(report, command: nil)
        return index.firstRule(for: &facts).map { index.rules[$0].meaning }
    }

    private mutating func checkMeanings() {
        let keys = Set(languages.values.flatMap(\.texts.keys))
        for place in rules.indices {
            let rule = rules[place]
            if let key = rule.meaning.userMessage, !keys.contains(key) {
                problems.append(RuleProblem(place: rule.place, message: missingText(key, keys)))
            }
            guard let code = rule.meaning.code, entries[code] == nil else { continue }
            if rule.meaning.category == nil {
                let hint = nearest(to: code, among: entries.keys).map { "; did you mean \($0)?" } ?? ""
                problems.append(
                    RuleProblem(place: rule.place, message: "the code \(code) is not in the catalogue\(hint)"))
            }
            rules[place].meaning.code = nil
        }
    }

    private func missingText(_ key: String, _ keys: Set<String>) -> String {
        let hint = nearest(to: key, among: keys).map { "; did you mean \($0)?" } ?? ""
        return "there is no message \(key) in any language\(hint)"
    }

    /// What a rule means with what it leaves open filled in.
    func classification(_ meaning: Rule.Meaning, why: String) -> Classification {
        let entry = meaning.code.flatMap { entries[$0] }
        let category = meaning.category ?? entry?.category ?? .unknown
        // An entry of another category has nothing to say about how bad this one is.
        let fitting = entry?.category == category ? entry : nil
        return Classification(
            category: category,
            severity: meaning.severity ?? fitting?.severity ?? categories[category]?.severity ?? .medium,
            strategy: meaning.strategy ?? fitting?.strategy ?? categories[category]?.strategy ?? .retry,
            why: why, code: meaning.code, policy: meaning.policy, afterMs: meaning.afterMs,
            userMessage: meaning.userMessage ?? entry?.userMessage ?? category.rawValue)
    }
}
