import MendProtocol
import MendWire

/// What happened in a second, on average between two looks.
struct OverviewRates {
    /// Of what is only ever counted up.
    private let counted: [(name: String, rate: Double)]
    /// Of what is there: by how much it has grown, or become less.
    private let changes: [(name: String, rate: Double)]

    /// Nothing where the daemon was started between the two: it counts its calls anew.
    init?(from before: System.Status.Answer, to now: System.Status.Answer, elapsedMs: Int64) {
        guard elapsedMs > 0, before.startedAt == now.startedAt, before.instance == now.instance else { return nil }
        func rate(_ path: (System.Status.Answer) -> Int64) -> Double {
            Double(path(now) - path(before)) * 1000 / Double(elapsedMs)
        }
        counted = [
            ("calls", rate { $0.calls.answered + $0.calls.failed }), ("failed", rate { $0.calls.failed }),
            ("commits", rate { $0.calls.commits }), ("reports", rate { $0.errors.reports }),
        ]
        changes = [
            ("live", rate { $0.operations.live }), ("done", rate { $0.operations.done }),
            ("dead", rate { $0.operations.dead }),
        ]
    }

    /// `calls 812, failed 0, commits 40, reports 3; operations live +1.2, done +20.3, dead 0`
    var text: String {
        counted.map { "\($0.name) \(Self.text($0.rate))" }.joined(separator: ", ") + "; operations "
            + changes.map { "\($0.name) \($0.rate > 0 ? "+" : "")\(Self.text($0.rate))" }.joined(separator: ", ")
    }

    func write(into writer: inout JSONWriter) {
        let all = (counted + changes).map { "\"\($0.name)\":\(Self.text($0.rate))" }
        writer.writeRaw("{" + all.joined(separator: ",") + "}")
    }

    /// With at most one place after the point.
    private static func text(_ rate: Double) -> String {
        let tenths = Int64((rate * 10).rounded())
        let whole = "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10)"
        return tenths.isMultiple(of: 10) ? whole : "\(whole).\(tenths.magnitude % 10)"
    }
}
