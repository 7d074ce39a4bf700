import LoadKit

/// One comparison, measured in rounds.
protocol Row: Sendable {
    /// As in the list of bars: `B1`.
    var id: String { get }

    /// The lines of the table that it fills.
    var figures: [Figure] { get }

    /// Measures Mend, then the peer, each from a fresh state; a sample for every figure.
    func round(_ bench: Bench) throws -> [Sample]
}

/// A line of the table before it is measured.
struct Figure {
    enum Unit {
        case perSecond, microseconds, milliseconds, mebibytes, kibibytes

        func text(_ value: Double) -> String {
            switch self {
            case .perSecond: Text.number(value, decimals: 0) + "/s"
            case .microseconds: Text.number(value, decimals: 1) + " µs"
            case .milliseconds: Text.number(value, decimals: 1) + " ms"
            case .mebibytes: Text.number(value, decimals: 1) + " MiB"
            case .kibibytes: Text.number(value, decimals: 1) + " KiB"
            }
        }
    }

    /// What must be reached: by the ratio to the peer, or, without a peer, by the figure itself.
    enum Bar {
        case atLeast(Double)
        case atMost(Double)

        func isReached(by value: Double) -> Bool {
            switch self {
            case .atLeast(let bar): value >= bar
            case .atMost(let bar): value <= bar
            }
        }
    }

    let measure: String
    let unit: Unit
    /// Whom Mend is compared with; nil where the figure stands alone.
    let peer: String?
    /// nil where the figure is only told.
    let bar: Bar?
}

/// What one round measured.
struct Sample {
    let mend: Double
    var peer: Double?
}
