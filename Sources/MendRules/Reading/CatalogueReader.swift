import MendProtocol
import Yams

/// Reads a file of the catalogue: codes, categories, languages and the texts for users.
struct CatalogueReader {
    private let reader: YAMLReader
    private var draft = CatalogueDraft()

    static func draft(_ source: SourceText) -> (draft: CatalogueDraft, problems: [RuleProblem]) {
        var catalogue = CatalogueReader(reader: YAMLReader(file: source.file))
        catalogue.read(source.text)
        return (catalogue.draft, catalogue.reader.problems)
    }

    private init(reader: YAMLReader) { self.reader = reader }

    private mutating func read(_ text: String) {
        guard let root = reader.compose(text) else { return }
        for member in reader.members(root, "the file", known: ["codes", "categories", "languages", "messages"]) {
            switch member.name {
            case "codes": for code in reader.members(member.value, "codes") { readCode(code) }
            case "categories": for category in reader.members(member.value, "categories") { readCategory(category) }
            case "languages": for language in reader.members(member.value, "languages") { readLanguage(language) }
            default: for language in reader.members(member.value, "messages") { readTexts(language) }
            }
        }
    }

    // MARK: Codes and categories

    private mutating func readCode(_ member: YAMLReader.Member) {
        let code = member.name
        guard code.utf8.count <= 100, code.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return reader.fail(
                member.key,
                "a code must be one word of at most 100 letters such as billing.declined, not \(reader.quoted(code))")
        }
        let known = [
            "message", "category", "severity", "strategy", "http_status", "guidance", "plan", "user_message",
        ]
        draft.order.append(code)
        draft.codes[code] = readEntry(member, "the code \(code)", known)
    }

    private mutating func readCategory(_ member: YAMLReader.Member) {
        guard let category = reader.word(member.key, "a category", Category.self) else { return }
        draft.categories[category] = readEntry(
            member, "the category \(member.name)", ["severity", "strategy", "guidance", "user_message"])
    }

    private func readEntry(_ member: YAMLReader.Member, _ what: String, _ known: [String]) -> EntryDraft {
        var entry = EntryDraft(place: reader.place(of: member.key))
        for part in reader.members(member.value, what, known: known) {
            switch part.name {
            case "message": entry.message = reader.text(part.value, "message")
            case "category": entry.category = reader.word(part.value, "category", Category.self)
            case "severity": entry.severity = reader.word(part.value, "severity", Severity.self)
            case "strategy": entry.strategy = reader.word(part.value, "strategy", Strategy.self)
            case "http_status": entry.httpStatus = reader.integer(part.value, "http_status", 400...599)
            case "guidance": entry.guidance = readGuidance(part.value)
            case "plan": entry.plan = reader.text(part.value, "plan")
            default: entry.userMessage = reader.text(part.value, "user_message")
            }
        }
        return entry
    }

    private static let maxSteps = 20
    private static let maxStepBytes = 500

    private func readGuidance(_ node: Node) -> [String] {
        let steps = reader.texts(node, "guidance")
        if steps.count > Self.maxSteps { reader.fail(node, "guidance must have at most \(Self.maxSteps) steps") }
        for step in steps where step.text.utf8.count > Self.maxStepBytes {
            reader.fail(step.node, "a step of guidance must have at most \(Self.maxStepBytes) bytes")
        }
        return steps.map(\.text)
    }

    // MARK: Languages

    private mutating func language(_ member: YAMLReader.Member) -> String? {
        let tag = member.name.lowercased().replacing("_", with: "-")
        guard (2...35).contains(tag.utf8.count),
            tag.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") })
        else {
            reader.fail(member.key, "a language must be named such as de or de-AT, not \(reader.quoted(member.name))")
            return nil
        }
        if draft.languages[tag] == nil { draft.languages[tag] = Language(tag: tag) }
        return tag
    }

    private mutating func readLanguage(_ member: YAMLReader.Member) {
        guard let tag = language(member) else { return }
        for part in reader.members(member.value, "the language \(member.name)", known: ["plural", "durations"]) {
            if part.name == "plural" {
                let plural = readPlural(part.value)
                draft.languages[tag]?.plural = plural
            } else {
                let known = Language.Unit.allCases.map(\.rawValue)
                for unit in reader.members(part.value, "durations", known: known) {
                    guard let name = Language.Unit(rawValue: unit.name) else { continue }
                    let forms = reader.texts(unit.value, unit.name).map(\.text)
                    draft.languages[tag]?.units[name] = forms
                }
            }
        }
        guard let language = draft.languages[tag] else { return }
        for (unit, forms) in language.units where forms.count != language.plural?.forms {
            let count =
                language.plural.map { "\($0.forms), as plural: \($0.rawValue) has" } ?? "as many as plural: says"
            reader.fail(member.key, "\(unit.rawValue) has \(forms.count) forms and must have \(count)")
        }
    }

    private func readPlural(_ node: Node) -> Language.Plural? {
        guard let text = reader.text(node, "plural") else { return nil }
        if let plural = Language.Plural(rawValue: text) { return plural }
        let known = Language.Plural.allCases.map(\.rawValue).joined(separator: ", ")
        reader.fail(node, "plural must be one of \(known), not \(reader.quoted(text))")
        return nil
    }

    private static let maxTextBytes = 1000

    private mutating func readTexts(_ member: YAMLReader.Member) {
        guard let tag = language(member) else { return }
        for part in reader.members(member.value, "the messages of \(member.name)") {
            guard let text = reader.text(part.value, part.name) else { continue }
            guard text.utf8.count <= Self.maxTextBytes else {
                reader.fail(part.value, "\(part.name) must have at most \(Self.maxTextBytes) bytes")
                continue
            }
            do throws(UserText.Mistake) {
                let text = try UserText(text)
                draft.languages[tag]?.texts[part.name] = text
            } catch {
                reader.fail(part.value, "\(part.name): \(error.message)")
            }
        }
    }
}
