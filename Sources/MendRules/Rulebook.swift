import MendProtocol

/// The rules and the catalogue in force: decides what kind of failure a report tells of, and has the texts for it. It sees
/// a report as it came, before masking.
package final class Rulebook: Sendable {
    private let index: RuleIndex
    /// What each rule means, with nothing left open.
    private let meanings: [Classification]
    private let places: [String: Int]
    private let entries: [String: CatalogueEntry]
    /// Every code, in alphabetical order.
    package let codes: [String]
    private let categories: [Category: CategoryEntry]
    private let languages: [String: Language]
    private let english: Language

    /// What an operator's files add to what is shipped.
    package var ruleCount: Int { index.rules.count }

    init(_ parts: RulebookParts) {
        index = RuleIndex(parts.rules, own: parts.ownCount)
        entries = parts.entries
        codes = parts.entries.keys.sorted()
        categories = parts.categories
        languages = parts.languages
        english = parts.languages["en"] ?? Language(tag: "en")
        places = Dictionary(parts.rules.enumerated().map { ($1.name, $0) }, uniquingKeysWith: min)
        meanings = parts.rules.map { parts.classification($0.meaning, why: $0.name) }
    }

    // MARK: Deciding

    /// - Parameter command: the caller's command name, as the kernel tells it.
    package func classify(_ report: Errors.Report, command: String? = nil) -> Classification {
        var facts = Facts(report, command: command)
        var found: Classification
        if let category = report.category {
            found = plain(category, why: Classification.callersCategory)
        } else if let place = index.firstRule(for: &facts) {
            found = meanings[place]
        } else {
            found = plain(.unknown, why: Classification.noRule)
        }
        complete(&found, facts, severity: report.severity)
        return found
    }

    package func explain(_ report: Errors.Report, command: String? = nil) -> Explanation {
        var facts = Facts(report, command: command)
        let holding = index.allRules(for: &facts)
        let rules = holding.map { index.rules[$0].name }
        return Explanation(classification: classify(report, command: command), facts: facts.texts, rules: rules)
    }

    private func plain(_ category: Category, why: String) -> Classification {
        let defaults = self.category(category)
        return Classification(
            category: category, severity: defaults.severity, strategy: defaults.strategy, why: why,
            userMessage: category.rawValue)
    }

    private func complete(_ found: inout Classification, _ facts: Facts, severity: Severity?) {
        if found.code == nil, let code = facts.code, let entry = entries[code] {
            found.code = code
            // A rule that has a text of its own keeps it.
            if found.userMessage == found.category.rawValue { found.userMessage = entry.userMessage }
        }
        if let severity { found.severity = severity }
        // A program that says "later" (EX_TEMPFAIL) may say when, too.
        found.mayBeThrottled = facts.httpStatus == 429 || facts.httpStatus == 503 || facts.exitStatus == 75
    }

    // MARK: The catalogue

    package func entry(_ code: String) -> CatalogueEntry? { entries[code] }

    package func category(_ category: Category) -> CategoryEntry {
        // All of them are shipped, which a test holds.
        categories[category] ?? CategoryEntry(severity: .medium, strategy: .retry, guidance: [])
    }

    /// The code that a rule gives; nothing for a rule that is not there any more.
    package func code(ofRule name: String) -> String? { places[name].flatMap { meanings[$0].code } }

    /// The steps for whoever looks into it.
    package func guidance(_ classification: Classification) -> [String] {
        if let entry = classification.code.flatMap(entry), !entry.guidance.isEmpty { return entry.guidance }
        return category(classification.category).guidance
    }

    package func plan(_ classification: Classification) -> String? { classification.code.flatMap(entry)?.plan }

    // MARK: Texts for users

    /// - Parameters:
    ///   - report: masked; its `locale` chooses the language, and it fills the places in the text.
    ///   - retryAfterMs: when the next try is; nothing where there is none.
    package func userMessage(_ classification: Classification, _ report: Errors.Report, retryAfterMs: Int64?) -> String
    {
        let (text, language) = text(
            classification.userMessage, else: classification.category.rawValue, locale: report.locale)
        return text?.filled { Self.value($0, report, retryAfterMs.flatMap(language.duration)) } ?? ""
    }

    /// The text for users of a code, with nothing filled in.
    package func userMessage(_ entry: CatalogueEntry, locale: String?) -> String {
        text(entry.userMessage, else: entry.category.rawValue, locale: locale).text?.filled { _ in nil } ?? ""
    }

    package func userMessage(_ category: Category, locale: String?) -> String {
        text(category.rawValue, else: category.rawValue, locale: locale).text?.filled { _ in nil } ?? ""
    }

    private func text(_ key: String, else other: String, locale: String?) -> (text: UserText?, language: Language) {
        guard let locale else { return (english.texts[key] ?? english.texts[other], english) }
        let chosen = Language.fallbacks(locale).compactMap { languages[$0] } + [english]
        for key in [key, other] {
            for language in chosen {
                if let text = language.texts[key] {
                    // A region's file need not have the words for durations, too.
                    let counting = chosen.first { $0.plural != nil } ?? language
                    return (text, language.plural == nil ? counting : language)
                }
            }
        }
        return (nil, english)
    }

    private static func value(_ place: String, _ report: Errors.Report, _ retryAfter: String?) -> String? {
        let value: String? =
            switch place {
            case "service": report.service
            case "action": report.action
            case "retry_after": retryAfter
            default: report.context.flatMap { ContextFacts.text(place.dropFirst("context.".utf8.count), in: $0) }
            }
        return value.flatMap(Self.readable)
    }

    /// A value as it may stand in a sentence: one line without control characters, and not too long for one.
    private static func readable(_ value: String) -> String? {
        guard value.utf8.count <= UserText.valueBytes else { return nil }
        let isPlain = value.unicodeScalars.allSatisfy {
            switch $0.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
            default: true
            }
        }
        return isPlain ? value : nil
    }
}

extension Facts {
    /// For people: each fact by its name.
    fileprivate var texts: [String] {
        var texts: [String] = []
        func add(_ field: Field, _ value: String?) {
            if let value { texts.append("\(field.name)=\(value)") }
        }
        add(.code, code)
        add(.type, type)
        add(.errno, errno.map { LinuxErrno.name(of: $0) ?? "\($0)" })
        add(.httpStatus, httpStatus.map { "\($0)" })
        add(.sqlstate, sqlstate)
        add(.grpcStatus, grpcStatus.map { GRPCStatus.name(of: $0) ?? "\($0)" })
        add(.signal, signal.map { LinuxSignal.name(of: $0) ?? "\($0)" })
        add(.exitStatus, exitStatus.map { "\($0)" })
        if let curlStatus { texts.append("curl=\(curlStatus)") }
        for program in Set(programs).sorted() { add(.command, program) }
        if isOutOfMemory { add(.outOfMemory, "true") }
        return texts
    }
}
