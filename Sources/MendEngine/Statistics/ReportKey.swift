import MendProtocol

/// What reports that are counted together have in common.
struct ReportKey: Hashable, Sendable {
    /// 0 stands for what the service reported beyond the bound of keys, -1 for what the whole host did beyond that.
    var group: Int64
    var service: String
    var category: Category
    var severity: Severity
    /// Empty where there is none.
    var code: String

    /// What stands for it where there are too many keys, the more the later: how bad it was is always known.
    var wider: [ReportKey] {
        let ofService = ReportKey(group: 0, service: service, category: category, severity: severity, code: "")
        let ofHost = ReportKey(group: -1, service: "", category: category, severity: severity, code: "")
        return [self, ofService, ofHost]
    }

    /// Whether it stands for others, which are not told apart.
    var isLumped: Bool { group <= 0 }
}

/// How many keys there may be: beyond the first number of each the service's own stands for them, beyond the second the
/// host's.
struct KeyBounds: Sendable {
    /// In all that is kept.
    var all: (own: Int, lumped: Int) = (10_000, 11_000)
    /// In one minute, which bounds how much a minute writes and a window reads.
    var minute: (own: Int, lumped: Int) = (200, 250)
    /// In one hour.
    var hour = 1_000

    func allowsNew(_ place: Int, known: Int, in bound: (own: Int, lumped: Int)) -> Bool {
        switch place {
        case 0: known < bound.own
        case 1: known < bound.lumped
        default: true
        }
    }
}

/// The reports of a batch, until they are written with it.
struct ReportTally {
    private(set) var counts: [(key: ReportKey, count: Int64)] = []
    private var places: [ReportKey: Int] = [:]

    var isEmpty: Bool { counts.isEmpty }

    mutating func add(_ key: ReportKey) {
        // In a storm it is the same one again and again.
        if let last = counts.last, last.key == key {
            counts[counts.count - 1].count += 1
        } else if let place = places[key] {
            counts[place].count += 1
        } else {
            places[key] = counts.count
            counts.append((key, 1))
        }
    }
}

extension Moment {
    /// Statistics go by whole minutes and hours of wall time.
    var wallMinute: Int64 { wallMs / 60_000 }
    var wallHour: Int64 { wallMs / 3_600_000 }
}
