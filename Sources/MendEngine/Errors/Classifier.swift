import MendProtocol

/// What a report was taken for.
struct Classification: Hashable, Sendable {
    var category: Category
    var severity: Severity
    var strategy: Strategy
    /// The name of the rule that decided, or one of the two texts below.
    var why: String

    static let callersCategory = "the caller's category"
    static let noRule = "no rule"
}

/// Decides what kind of failure a report tells of. A pure value; it sees the text as it came, before masking.
struct Classifier: Sendable {
    private let rules: [Rule]
    /// Where in `rules` a fact is first looked for.
    private let index: [Fact: Int]

    init(rules: [Rule] = ShippedRules.all) {
        self.rules = rules
        index = Dictionary(rules.enumerated().map { ($1.match, $0) }, uniquingKeysWith: min)
    }

    /// - Parameter command: the caller's command name, as the kernel tells it.
    func classify(_ report: Errors.Report, command: String? = nil) -> Classification {
        var found: Classification
        if let category = report.category {
            found = Classification(category, why: Classification.callersCategory)
        } else if let rule = rule(for: report, command: command) {
            found = Classification(rule.category, why: rule.name)
            found.severity = rule.severity ?? found.severity
            found.strategy = rule.strategy ?? found.strategy
        } else {
            found = Classification(.unknown, why: Classification.noRule)
        }
        found.severity = report.severity ?? found.severity
        return found
    }

    /// Whether the failure says something about the health of what was called.
    func countsForBreakers(_ report: Errors.Report) -> Bool {
        classify(report).category.countsForBreakers
    }

    private func rule(for report: Errors.Report, command: String?) -> Rule? {
        let places = Facts(report, command: command).all.compactMap { index[$0] }
        return places.min().map { rules[$0] }
    }
}

extension Classification {
    fileprivate init(_ category: Category, why: String) {
        let defaults = CategoryDefaults.of(category)
        self.init(category: category, severity: defaults.severity, strategy: defaults.strategy, why: why)
    }
}
