import MendEngine
import MendProtocol
import MendWire

/// What is asked about a million reports: each method, with the filters that leave much and those that leave little.
extension Filled {
    typealias Query = (name: String, isBounded: Bool, ask: () throws -> Void)

    func queries() throws -> [Query] {
        try lists() + texts() + analyses() + groups() + timelines() + knowledge() + changes()
    }

    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    private func read(_ name: String, isBounded: Bool = true, _ method: some ReaderMethod) -> Query {
        (name, isBounded, { [self] in try answer(method) })
    }

    private func list(
        _ name: String, limit: Int64? = nil, after: Int64? = nil, _ change: (inout ErrorFilter) -> Void
    ) -> Query {
        var filter = ErrorFilter()
        change(&filter)
        var call = Errors.List(filter: filter)
        call.after = after
        call.limit = limit.map(PageSize.init(unchecked:))
        return read("error.list \(name)", call)
    }

    private func span(_ filter: inout ErrorFilter, daysAgo: Int64, _ length: Int64) {
        filter.since = Timestamp(now.wallMs - daysAgo * Self.day)
        filter.until = Timestamp(now.wallMs - daysAgo * Self.day + length)
    }

    private func lists() -> [Query] {
        [
            list("newest") { _ in },
            list("newest, 1,000", limit: 1_000) { _ in },
            list("of a service") { $0.service = "service-3" },
            list("of a service that there is not") { $0.service = "nobody" },
            list("of a rare service") { $0.service = "service-58" },
            list("of a category") { $0.category = .unknown },
            list("of a category that none has") { $0.category = .inventory },
            list("of a severity") { $0.severity = .critical },
            list("of a code") { $0.code = "code.0" },
            list("of a rare code") { $0.code = "rare.7" },
            list("of a code and severity that none has") {
                $0.code = "code.1"
                $0.severity = .critical
            },
            list("of a type") { $0.type = "Type7" },
            list("of a type that there is not") { $0.type = "None" },
            list("of a group") { $0.group = 5 },
            list("of a group and a task") {
                $0.group = 5
                $0.task = "task-77"
            },
            list("of a task") { $0.task = "task-77" },
            list("of a task that many have") { $0.task = "nightly" },
            list("of a correlation that many have, and a service") {
                $0.correlation = Name("nightly")
                $0.service = "service-58"
            },
            list("of a unit") { $0.unit = "u3.service" },
            list("of a rare unit") { $0.unit = "u58.service" },
            list("of a unit that there is not, and a service") {
                $0.service = "service-0"
                $0.unit = "none.service"
            },
            list("of a user") { $0.uid = 1_003 },
            list("of a user that there is not") { $0.uid = 4 },
            list("of an hour two weeks ago") { span(&$0, daysAgo: 14, Self.hour) },
            list("of a rare service in a day three weeks ago") {
                $0.service = "service-58"
                span(&$0, daysAgo: 21, Self.day)
            },
            list("of all that can be said") {
                $0.service = "service-0"
                $0.category = .unknown
                $0.severity = .low
                $0.code = "code.0"
                $0.unit = "u0.service"
                $0.uid = 1_000
                $0.text = "connection"
                span(&$0, daysAgo: 20, 10 * Self.day)
            },
        ]
    }

    private func texts() -> [Query] {
        [
            list("of a word that many have") { $0.text = "timeout" },
            list("of a word that many have, 1,000", limit: 1_000) { $0.text = "timeout" },
            list("of a word that many have, from far back", after: 100_000) { $0.text = "timeout" },
            list("of a word that many have, and a service") {
                $0.text = "timeout"
                $0.service = "service-58"
            },
            list("of a word that many have, and a task") {
                $0.text = "timeout"
                $0.task = "task-77"
            },
            list("of a word that many have, and a unit") {
                $0.text = "timeout"
                $0.unit = "u58.service"
            },
            list("of a word that many have, and a type that none has") {
                $0.text = "timeout"
                $0.type = "None"
            },
            list("of three words") { $0.text = "certificate expired upstream" },
            list("of six words that many have") { $0.text = "connection refused timeout while reading from" },
            list("of words in quotation marks") { $0.text = "\"connection refused timeout\"" },
            list("of words in an order that none has") { $0.text = "\"timeout refused\"" },
            list("of words and a severity") {
                $0.text = "disk full"
                $0.severity = .critical
            },
            list("of words begun") { $0.text = "con*" },
            list("of two words begun") { $0.text = "tim* ref*" },
            list("of digits begun") { $0.text = "100*" },
            list("of words begun, in an hour") {
                $0.text = "cert*"
                span(&$0, daysAgo: 10, Self.hour)
            },
            list("of a word that there is not") { $0.text = "zebra" },
            list("of a word that there is not beside one that many have") { $0.text = "timeout zebra" },
            list("of one number") { $0.text = "424242" },
            list("of a service's name as a word") { $0.text = "service-58" },
        ]
    }

    private func analyses() -> [Query] {
        func analysis(_ name: String, _ change: (inout Errors.Analysis) -> Void) -> Query {
            var call = Errors.Analysis()
            change(&call)
            return read("error.analysis \(name)", call)
        }
        func window(_ length: Int64) -> (inout Errors.Analysis) -> Void {
            { $0.windowMs = PositiveMilliseconds(length) }
        }
        return [
            analysis("of ten minutes", window(600_000)),
            analysis("of an hour", window(Self.hour)),
            analysis("of twelve hours", window(12 * Self.hour)),
            analysis("of a day", window(Self.day)),
            analysis("of a week", window(7 * Self.day)),
            analysis("of a month", window(30 * Self.day)),
            analysis("of a week two weeks ago") {
                $0.since = Timestamp(now.wallMs - 21 * Self.day)
                $0.until = Timestamp(now.wallMs - 14 * Self.day)
            },
            analysis("of a service") { $0.service = "service-3" },
            analysis("of a group, a month") {
                $0.group = 5
                $0.windowMs = PositiveMilliseconds(30 * Self.day)
            },
            analysis("of a month, 1,000 of each") {
                $0.windowMs = PositiveMilliseconds(30 * Self.day)
                $0.limit = PageSize(unchecked: 1_000)
            },
        ]
    }

    private func groups() throws -> [Query] {
        func list(_ name: String, _ change: (inout Group.List) -> Void) -> Query {
            var call = Group.List()
            change(&call)
            return read("group.list \(name)", call)
        }
        let most = try ids("SELECT id FROM error_groups WHERE merged_into IS NULL ORDER BY occurrences DESC LIMIT 2")
        let fewest = try ids(
            "SELECT id FROM error_groups WHERE merged_into IS NULL ORDER BY occurrences, id LIMIT 3")
        // The newest two of one large group, and one of another.
        let pair = try ids("SELECT id FROM errors WHERE error_group = \(most[0]) ORDER BY id DESC LIMIT 2")
        let other = try ids("SELECT id FROM errors WHERE error_group = \(most[1]) ORDER BY id DESC LIMIT 1")
        let states: [GroupState] = [.new, .ongoing, .escalating, .regressed, .resolved, .muted]
        return [
            list("newest") { _ in }, list("newest, 1,000") { $0.limit = PageSize(unchecked: 1_000) },
            list("of a service") { $0.service = "service-3" },
            list("of a service that there is not") { $0.service = "nobody" },
            list("of a rare service and a state that none has") {
                $0.service = "service-58"
                $0.state = .muted
            },
        ] + states.map { state in list("--state \(state)") { $0.state = state } } + [
            read("group.get of the largest", Group.Get(group: most[0])),
            read("group.get of a small one", Group.Get(group: fewest[0])),
            read("group.explain of two that met", Group.Explain(error: pair[0], other: pair[1])),
            read("group.explain of two that did not", Group.Explain(error: pair[0], other: other[0])),
            read("system.explain of a group", System.Explain(.group(most[0]))),
            read("system.explain of an error", System.Explain(.error(pair[0]))),
        ]
    }

    private func timelines() -> [Query] {
        func timeline(_ name: String, _ correlation: String?, daysAgo: Int64?, limit: Int64? = nil) -> Query {
            var call = System.Timeline(
                correlation: correlation.flatMap { Name($0) },
                since: daysAgo.map { Timestamp(unchecked: now.wallMs - $0 * Self.day) })
            call.limit = limit.map(PageSize.init(unchecked:))
            return read("system.timeline \(name)", call)
        }
        return [
            timeline("of a task", "run-77", daysAgo: nil),
            timeline("of a task that there is not", "nobody", daysAgo: nil),
            timeline("of a task with 100,000 reports", "nightly", daysAgo: nil),
            timeline("of the same, 1,000", "nightly", daysAgo: nil, limit: 1_000),
            timeline("of the same, since yesterday", "nightly", daysAgo: 1),
            timeline("since yesterday", nil, daysAgo: 1),
            timeline("of a month, 1,000", nil, daysAgo: 30, limit: 1_000),
        ]
    }

    private func knowledge() -> [Query] {
        var catalogue = Errors.Catalog()
        catalogue.limit = PageSize(unchecked: 1_000)
        catalogue.locale = "uz"
        var guidance = Errors.Guidance()
        guidance.error = 1_000
        var code = Errors.Guidance()
        code.code = "posix.ENOSPC"
        var report = Errors.Report(
            message: "psycopg2.errors.DeadlockDetected: deadlock detected DETAIL: Process 77 waits for ShareLock")
        report.service = "web"
        report.stack = .frames((0..<50).map { "  File \"/srv/app/module\($0).py\", line \($0), in function\($0)" })
        let long = String(repeating: "password=hunter2 connection to 10.1.2.3 refused, token abc; ", count: 250)
        var csv = Errors.Export()
        csv.format = .csv
        return [
            read("error.get", Errors.Get(error: 500_000)),
            read("error.guidance of a report", guidance), read("error.guidance of a code", code),
            read("error.catalog, all of it, in Uzbek", catalogue),
            read("error.classify", Errors.Classify(error: report)),
            read("error.classify of a long message", Errors.Classify(error: Errors.Report(message: long))),
            read("error.mask of a long text", Errors.Mask(text: long)),
            read("error.export, a page", isBounded: false, Errors.Export()),
            read("error.export as CSV, a page", isBounded: false, csv),
        ]
    }

    /// Done and taken back, but for a split, for which there must be something to split.
    private func changes() throws -> [Query] {
        let groups = try ids(
            "SELECT id FROM error_groups WHERE merged_into IS NULL ORDER BY occurrences DESC LIMIT 102")
        if try ids("SELECT id FROM error_groups WHERE merged_into = \(groups[0]) AND by_hand").isEmpty {
            try commit(Group.Merge(group: groups[0], groups: [groups[1]]))
        }
        let merged = try ids("SELECT id FROM error_groups WHERE merged_into = \(groups[0]) AND by_hand")
        func change(_ name: String, _ method: some WriterMethod) -> Query {
            (name + ", a dry run", true, { [self] in try tryOut(method) })
        }
        func clear(_ name: String, limit: Int64? = nil, _ fill: (inout ErrorFilter) -> Void) -> Query {
            var filter = ErrorFilter()
            fill(&filter)
            var call = Errors.Clear(filter: filter)
            call.limit = limit.map(PageSize.init(unchecked:))
            return change("error.clear \(name)", call)
        }
        return [
            change("group.merge of two large ones", Group.Merge(group: groups[2], groups: [groups[3]])),
            change("group.merge of a hundred", Group.Merge(group: groups[2], groups: Array(groups[3..<102]))),
            change("group.split of a large one", Group.Split(group: merged[0])),
            change("group.mute", Group.Mute(group: groups[2], occurrences: 100)),
            change("group.resolve", Group.Resolve(group: groups[2])),
            change("group.reopen", Group.Reopen(group: groups[2])),
            clear("of a service") { $0.service = "service-3" },
            clear("of a severity") { $0.severity = .critical },
            clear("of a word") { $0.text = "timeout" },
            clear("of a month, 1,000", limit: 1_000) { span(&$0, daysAgo: 30, 30 * Self.day) },
        ]
    }
}
