import MendProtocol
import MendWire
import Testing

@testable import MendRules

@Suite("The catalogue")
struct CatalogueTests {
    @Test("what is shipped has no mistake, and each rule its own name")
    func shipped() {
        #expect(Shipped.parts.problems == [])
        let rules = Shipped.parts.rules.rules
        #expect(Set(rules.map(\.name)).count == rules.count)
        #expect(Rulebook.shipped.ruleCount > 600)
    }

    @Test(
        "each family has its codes, with message, HTTP status and steps",
        arguments: [
            "container": 7, "deployment": 7, "process": 7, "posix": 20, "http": 20, "sql": 10,
        ])
    func families(family: String, least: Int) throws {
        let codes = Rulebook.shipped.codes.filter { $0.hasPrefix(family + ".") }
        #expect(codes.count >= least)
        for code in codes {
            let entry = try #require(Rulebook.shipped.entry(code))
            #expect(entry.httpStatus != nil, "\(code)")
            #expect(!entry.message.isEmpty && !entry.message.hasSuffix("."), "\(code)")
            if ["container", "deployment", "process"].contains(family) { #expect(!entry.guidance.isEmpty, "\(code)") }
        }
    }

    @Test("an entry means what the rule means that gives it")
    func agreement() throws {
        for code in Rulebook.shipped.codes {
            let entry = try #require(Rulebook.shipped.entry(code))
            var report = Errors.Report(message: "")
            report.code = code
            let found = Rulebook.shipped.classify(report)
            #expect(found.category == entry.category, "\(code)")
            #expect(found.severity == entry.severity && found.strategy == entry.strategy, "\(code)")
            #expect(found.code == code)
        }
    }

    @Test("each shipped code has its own text in all five languages", arguments: ["de", "es", "ru", "uz"])
    func translated(locale: String) throws {
        for code in Rulebook.shipped.codes {
            let entry = try #require(Rulebook.shipped.entry(code))
            let english = Rulebook.shipped.userMessage(entry, locale: "en")
            let text = Rulebook.shipped.userMessage(entry, locale: locale)
            #expect(!text.isEmpty && text != english, "\(code)")
            #expect(Shipped.parts.catalogue.languages[locale]?.texts[entry.userMessage] != nil, "\(code)")
        }
    }

    @Test("every category has severity, strategy, steps and a message", arguments: MendProtocol.Category.allCases)
    func categories(category: MendProtocol.Category) throws {
        let draft = try #require(Shipped.parts.catalogue.categories[category])
        #expect(draft.severity != nil && draft.strategy != nil && draft.guidance?.isEmpty == false)
        #expect(!Rulebook.shipped.userMessage(category, locale: nil).isEmpty)
    }

    @Test("an operator's file stands over what is shipped, member by member")
    func merged() throws {
        let book = try rulebook(
            catalogue: "codes: {posix.ENOSPC: {guidance: [Call the storage team.], plan: grow}}",
            "codes: {posix.ENOSPC: {plan: grow-more}}")
        let entry = try #require(book.entry("posix.ENOSPC"))
        #expect(entry.guidance == ["Call the storage team."] && entry.plan == "grow-more")
        #expect(entry.message == "The file system is full" && entry.category == .resource)
    }

    @Test("a report with a code and another reason has the code's steps, and the reason's verdict")
    func codeBesideRule() {
        var report = Errors.Report(message: "")
        report.category = .data
        report.code = "container.volume"
        let found = Rulebook.shipped.classify(report)
        #expect(found.category == .data && found.code == "container.volume")
        #expect(Rulebook.shipped.guidance(found).first?.contains("docker volume ls") == true)
        report = Errors.Report(message: "")
        report.errno = .name("ECONNREFUSED")
        #expect(Rulebook.shipped.classify(report).code == "posix.ECONNREFUSED")
        report.errno = .name("ENOLINK")
        let plain = Rulebook.shipped.classify(report)
        #expect(plain.code == nil)
        #expect(Rulebook.shipped.guidance(plain) == Rulebook.shipped.category(.transient).guidance)
    }

    @Test(
        "mistakes in files of the catalogue",
        arguments: [
            ("code: {}", "1-catalog.yaml:1:1: unknown key “code” in the file; did you mean codes?"),
            (
                "codes: {a.b: {categry: data}}",
                "1-catalog.yaml:1:15: unknown key “categry” in the code a.b; did you mean category?"
            ),
            (
                "codes: {a.b: {message: x}}",
                "1-catalog.yaml:1:9: the code a.b needs a category: no rule says what it is"
            ),
            ("codes: {a.b: {category: data}}", "1-catalog.yaml:1:9: the code a.b needs a message"),
            (
                "codes: {a.b: {category: data, message: x, http_status: 200}}",
                "1-catalog.yaml:1:56: http_status must be a whole number from 400 to 599, not “200”"
            ),
            (
                "codes: {a.b: {category: data, message: x, user_message: unreachible}}",
                "1-catalog.yaml:1:9: there is no message unreachible in any language; did you mean unreachable?"
            ),
            (
                "codes: {'a b': {category: data, message: x}}",
                "1-catalog.yaml:1:9: a code must be one word of at most 100 letters such as billing.declined, not “a b”"
            ),
            (
                "messages: {fr: {a: 'Le {service} dort'}}",
                "1-catalog.yaml:1:20: a: a place stands in square brackets, with what is read where it is missing: "
                    + "[{service}|the service]"
            ),
            (
                "messages: {fr: {a: 'Le [{servce}|service] dort'}}",
                "1-catalog.yaml:1:20: a: there is no place {servce}; there are {service}, {action}, {retry_after}, "
                    + "{context.NAME}; did you mean {service}?"
            ),
            ("messages: {fr: {a: 'Le [service'}}", "1-catalog.yaml:1:20: a: there is a [ without its ]"),
            (
                "messages: {fr: {a: 'Le [service]'}}",
                "1-catalog.yaml:1:20: a: there is no place such as {service} between [ and ]"
            ),
            (
                "messages: {français: {a: b}}",
                "1-catalog.yaml:1:12: a language must be named such as de or de-AT, not “français”"
            ),
            (
                "languages: {fr: {plural: two}}",
                "1-catalog.yaml:1:26: plural must be one of none, one_other, slavic, not “two”"
            ),
            (
                "languages: {fr: {plural: one_other, durations: {second: [seconde]}}}",
                "1-catalog.yaml:1:13: second has 1 forms and must have 2, as plural: one_other has"
            ),
        ])
    func mistakes(text: String, message: String) {
        #expect(problems(catalogue: text) == [message])
    }
}

@Suite("Texts for users")
struct UserTextTests {
    private func text(_ locale: String?, _ change: (inout Errors.Report) -> Void = { _ in }, after: Int64? = nil)
        -> String
    {
        var report = Errors.Report(message: "")
        report.locale = locale
        change(&report)
        return Rulebook.shipped.userMessage(Rulebook.shipped.classify(report), report, retryAfterMs: after)
    }

    @Test("each shipped language has every message that English has", arguments: ["de", "es", "ru", "uz"])
    func complete(tag: String) throws {
        let languages = Shipped.parts.catalogue.languages
        let english = try #require(languages["en"])
        let language = try #require(languages[tag])
        #expect(Set(language.texts.keys) == Set(english.texts.keys))
        for (key, text) in language.texts {
            #expect(text.places == english.texts[key]?.places, "\(key)")
            let plain = text.filled { _ in nil }
            #expect(plain.hasSuffix(".") && !plain.contains("  "), "\(key): \(plain)")
            #expect(plain != english.texts[key]?.filled { _ in nil }, "\(key)")
        }
        for unit in Language.Unit.allCases { #expect(language.units[unit]?.count == language.plural?.forms) }
    }

    @Test("every message of English is used by a code, a rule or a category")
    func used() throws {
        let draft = Shipped.parts.catalogue
        let used =
            draft.codes.values.compactMap(\.userMessage) + Shipped.parts.rules.rules.compactMap(\.meaning.userMessage)
            + MendProtocol.Category.allCases.map(\.rawValue)
        #expect(Set(try #require(draft.languages["en"]).texts.keys).subtracting(used) == [])
    }

    @Test(
        "the caller's language, or the nearest that there is",
        arguments: [
            ("de-AT", "Das klappt im Moment nicht. Bitte versuchen Sie es in Kürze noch einmal."),
            ("de_AT.UTF-8", "Das klappt im Moment nicht. Bitte versuchen Sie es in Kürze noch einmal."),
            ("ES", "Esto no funciona en este momento. Vuelva a intentarlo en unos momentos."),
            ("ru-RU", "Сейчас это не удаётся выполнить. Пожалуйста, попробуйте ещё раз чуть позже."),
            ("uz-Latn-UZ", "Hozircha buni bajarib boʻlmadi. Iltimos, birozdan keyin qayta urinib koʻring."),
            ("fr", "This does not work at the moment. Please try again in a little while."),
            ("C", "This does not work at the moment. Please try again in a little while."),
            ("", "This does not work at the moment. Please try again in a little while."),
        ])
    func locale(locale: String, expected: String) {
        #expect(text(locale) { $0.category = .transient } == expected)
    }

    @Test(
        "the time until the next try is told in words, rounded up",
        arguments: [
            ("en", 60_000, "60 seconds"), ("en", 89_001, "90 seconds"), ("en", 90_001, "2 minutes"),
            ("en", 86_400_000, "24 hours"), ("en", 200_000_000, "3 days"), ("de", 172_800_000, "2 Tagen"),
            ("ru", 21_000, "21 секунду"), ("ru", 22_000, "22 секунды"), ("ru", 12_000, "12 секунд"),
            ("ru", 300_000, "5 минут"), ("uz", 300_000, "5 daqiqa"), ("es", 3_600_000 * 2, "2 horas"),
        ] as [(String, Int64, String)])
    func durations(tag: String, ms: Int64, expected: String) {
        #expect(Shipped.parts.catalogue.languages[tag]?.duration(ms) == expected)
        #expect(text(tag, { $0.category = .transient }, after: ms).contains(expected))
    }

    @Test("a time that is short is not told")
    func short() {
        #expect(text("en", { $0.category = .transient }, after: 4_999).hasSuffix("in a little while."))
        #expect(text("en", { $0.category = .transient }, after: 5_000).hasSuffix("in 5 seconds."))
    }

    private let own = """
        codes:
          shop.closed: {message: The shop is closed, category: business_logic}
        messages:
          en: {shop.closed: "[{context.shop}|The shop] is closed[ until {context.until}]; [{service}|we] could not [{action}|go on]."}
          fr: {shop.closed: "[{context.shop}|Le magasin] est fermé."}
        """

    @Test(
        "places are filled from the report, and a sentence without them reads well",
        arguments: [
            (nil, nil, nil, "en", "The shop is closed; we could not go on."),
            (#"{"shop":"Corner","until":7}"#, "pos", "pay", "en", "Corner is closed until 7; pos could not pay."),
            (#"{"shop":{"a":1},"until":null}"#, nil, nil, "en", "The shop is closed; we could not go on."),
            (#"{"shop":"two\nlines"}"#, nil, nil, "en", "The shop is closed; we could not go on."),
            (#"{"shop":"a\u202Eb"}"#, nil, nil, "en", "The shop is closed; we could not go on."),
            (#"{"shop":"Coin"}"#, nil, nil, "fr-CA", "Coin est fermé."),
            (#"{"shop":"Corner"}"#, nil, nil, "de", "Corner is closed; we could not go on."),
        ] as [(String?, String?, String?, String, String)])
    func places(context: String?, service: String?, action: String?, locale: String, expected: String) throws {
        let book = try rulebook(catalogue: own)
        var report = Errors.Report(message: "")
        report.code = "shop.closed"
        report.service = service
        report.action = action
        report.locale = locale
        report.context = try context.map { try #require(JSONObject(try RawJSON(validating: $0))) }
        #expect(book.userMessage(book.classify(report), report, retryAfterMs: nil) == expected)
    }

    @Test("a value that is too long for a sentence is left out")
    func long() throws {
        let book = try rulebook(catalogue: own)
        var report = Errors.Report(message: "")
        report.code = "shop.closed"
        report.service = String(repeating: "x", count: UserText.valueBytes + 1)
        #expect(book.userMessage(book.classify(report), report, retryAfterMs: nil).contains("; we could not"))
    }
}
