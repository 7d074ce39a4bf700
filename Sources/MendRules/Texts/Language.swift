/// The texts of one language.
struct Language: Sendable {
    /// In lower case: `de`, `de-at`.
    let tag: String
    var plural: Plural?
    /// The forms of each unit, as ``Plural`` counts them.
    var units: [Unit: [String]] = [:]
    /// By their keys.
    var texts: [String: UserText] = [:]

    /// How a language counts things.
    enum Plural: String, CaseIterable, Sendable {
        /// One form: Uzbek, Turkish, Japanese.
        case none
        /// One, and more: English, German, Spanish.
        case oneOther = "one_other"
        /// 1, 2 to 4, 5: Russian, Ukrainian.
        case slavic

        var forms: Int {
            switch self {
            case .none: 1
            case .oneOther: 2
            case .slavic: 3
            }
        }

        func form(_ number: Int64) -> Int {
            switch self {
            case .none: 0
            case .oneOther: number == 1 ? 0 : 1
            case .slavic:
                switch (number % 10, number % 100) {
                case (_, 11...14): 2
                case (1, _): 0
                case (2...4, _): 1
                default: 2
                }
            }
        }
    }

    enum Unit: String, CaseIterable, Sendable {
        case second, minute, hour, day

        var ms: Int64 {
            switch self {
            case .second: 1000
            case .minute: 60_000
            case .hour: 3_600_000
            case .day: 86_400_000
            }
        }

        /// More of them than this are told in the next unit.
        var most: Int64 {
            switch self {
            case .second: 90
            case .minute: 90
            case .hour: 36
            case .day: .max
            }
        }
    }

    /// Nobody waits for less with a watch in the hand.
    static let shortestDurationMs: Int64 = 5000

    /// A duration in words, rounded up; nothing where the language has no words for it, or it is short.
    func duration(_ ms: Int64) -> String? {
        guard let plural, ms >= Self.shortestDurationMs else { return nil }
        for unit in Unit.allCases {
            let number = ms / unit.ms + (ms % unit.ms > 0 ? 1 : 0)
            guard number <= unit.most else { continue }
            guard let forms = units[unit], forms.count == plural.forms else { return nil }
            return "\(number) \(forms[plural.form(number)])"
        }
        return nil
    }

    /// The languages to look into, the nearest first: `de-AT` and `de_AT.UTF-8` are `de-at`, then `de`.
    static func fallbacks(_ locale: String) -> [String] {
        let tag = locale.prefix { $0 != "." && $0 != "@" }.lowercased().replacing("_", with: "-")
        let parts = tag.split(separator: "-")
        return stride(from: parts.count, to: 0, by: -1).map { parts.prefix($0).joined(separator: "-") }
    }
}
