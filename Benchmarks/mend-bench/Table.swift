import LoadKit

/// The figures of a run as one aligned table.
struct Table {
    private static let head = ["row", "measure", "mend", "peer", "", "ratio", "rounds", "bar", "reached"]
    private static let figuresOnTheRight: Set<Int> = [2, 4, 5, 7]

    private var lines: [[String]] = [Self.head]
    /// Why something could not be measured.
    private(set) var failures: [String] = []

    /// Adds what the rounds of a row measured: medians, and the ratio as the median of the rounds' ratios.
    mutating func add(_ row: any Row, _ rounds: [[Sample]]) {
        for (index, figure) in row.figures.enumerated() {
            let samples = rounds.map { $0[index] }
            let ratios = samples.compactMap { sample in sample.peer.map { sample.mend / $0 } }.sorted()
            let mend = Self.median(samples.map(\.mend))
            let peer = Self.median(samples.compactMap(\.peer))
            let judged = figure.peer == nil ? mend : Self.median(ratios)
            lines.append([
                row.id, figure.measure, figure.unit.text(mend),
                figure.peer ?? "", figure.peer == nil ? "" : figure.unit.text(peer),
                figure.peer == nil ? "" : Text.number(judged, decimals: 2),
                ratios.isEmpty ? "" : Self.spread(ratios),
                Self.text(figure), figure.bar.map { $0.isReached(by: judged) ? "yes" : "no" } ?? "",
            ])
        }
    }

    mutating func add(_ row: any Row, failure: any Error) {
        for figure in row.figures {
            let reached = figure.bar == nil ? "" : "unknown"
            lines.append([row.id, figure.measure, "—", figure.peer ?? "", "—", "—", "", Self.text(figure), reached])
        }
        failures.append("\(row.id) could not be measured: \(failure)")
    }

    var text: String {
        let widths = Self.head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let rendered = lines.map { line in
            let cells = line.enumerated().map { column, cell in
                Text.padded(cell, to: widths[column], right: Self.figuresOnTheRight.contains(column))
            }
            var joined = cells.joined(separator: "  ")
            while joined.last == " " { joined.removeLast() }
            return joined
        }
        return rendered.joined(separator: "\n")
    }

    private static func text(_ figure: Figure) -> String {
        func amount(_ value: Double) -> String {
            figure.peer == nil ? figure.unit.text(value) : Text.number(value, decimals: 1)
        }
        return switch figure.bar {
        case nil: ""
        case .atLeast(let bar)?: "≥ " + amount(bar)
        case .atMost(let bar)?: "≤ " + amount(bar)
        }
    }

    private static func spread(_ sorted: [Double]) -> String {
        Text.number(sorted[0], decimals: 2) + "…" + Text.number(sorted[sorted.count - 1], decimals: 2)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
