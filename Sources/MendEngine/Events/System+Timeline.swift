import GRDB
import MendProtocol

extension System.Timeline: ReaderMethod {
    package func read(_ scope: ReadScope) throws -> Answer {
        guard correlation != nil || since != nil else {
            throw CallError(
                .invalidParams, "a timeline needs correlation or since_at", field: "correlation",
                hint: "without either it would be everything")
        }
        let begin = try after.map { text in
            guard let position = TimelinePosition(text) else {
                throw CallError(.invalidParams, "after must be the last answer's next", field: "after")
            }
            return position
        }
        let limit = Int(limit?.value ?? 100)
        let span = TimelineSpan(
            correlation: correlation, since: since?.value, until: until?.value, after: begin, limit: limit + 1)
        let found = try TimelineSource.all.enumerated().flatMap { rank, source in
            try source.entries(scope.db, span, rank: Int64(rank))
        }.sorted { $0.position < $1.position }
        var page = Page<TimelineEntry>(limit: limit, maxBytes: scope.settings.pageMaxBytes)
        for one in found where try !page.take(one.entry) { break }
        return Answer(entries: page.items, next: page.hasMore ? found[page.items.count - 1].position.text : nil)
    }
}

/// Where in a timeline something stands: by its time, at one time by what it is, and then by its id.
struct TimelinePosition: Comparable {
    let at: Int64
    let rank: Int64
    let id: Int64

    init(at: Int64, rank: Int64, id: Int64) {
        self.at = at
        self.rank = rank
        self.id = id
    }

    init?(_ text: String) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 3, let at = numbers[0], let rank = numbers[1], let id = numbers[2] else { return nil }
        self.init(at: at, rank: rank, id: id)
    }

    var text: String { "\(at).\(rank).\(id)" }

    static func < (left: Self, right: Self) -> Bool {
        (left.at, left.rank, left.id) < (right.at, right.rank, right.id)
    }
}

/// Which part of the timeline is read.
struct TimelineSpan {
    let correlation: Name?
    let since: Int64?
    let until: Int64?
    let after: TimelinePosition?
    let limit: Int

    /// What a source of this rank is asked for: from when, until when, and after which time and id.
    func place(rank: Int64) -> (since: Int64, until: Int64, at: Int64, id: Int64) {
        let at = after?.at ?? .min
        let id: Int64 =
            if let after, rank < after.rank {
                .max
            } else if let after, rank == after.rank {
                after.id
            } else {
                .min
            }
        return (max(since ?? .min, at), until ?? .max, at, id)
    }

    /// The same as a statement takes it, after the correlation and the ids that are looked at, and with how many at most.
    func arguments(rank: Int64, ids: ClosedRange<Int64>?) -> StatementArguments {
        var arguments = StatementArguments(correlation.map { [$0.text] } ?? [])
        if let ids { arguments += [ids.lowerBound, ids.upperBound] }
        let place = place(rank: rank)
        arguments += [place.since, place.until, place.at, place.id, limit]
        return arguments
    }
}
