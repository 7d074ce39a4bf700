import LoadKit

/// A bar and what was measured of it.
struct Verdict {
    enum Outcome: String {
        case reached = "reached"
        case missed = "not reached"
        case skipped = "skipped"
        /// Told, and not judged: the run was too short for that.
        case measured = "measured"
    }

    let bar: String
    let outcome: Outcome
    let figures: String

    init(_ bar: String, _ outcome: Outcome, _ figures: String) {
        self.bar = bar
        self.outcome = outcome
        self.figures = figures
    }

    init(_ bar: String, isReached: Bool, _ figures: String) {
        self.init(bar, isReached ? .reached : .missed, figures)
    }

    var line: String { "\(Text.padded(bar, to: 12))  \(Text.padded(outcome.rawValue, to: 11))  \(figures)" }
}
