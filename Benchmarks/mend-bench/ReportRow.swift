import LoadKit

/// Durable reports of errors from many connections: their throughput. Mend masks, classifies, groups and counts them, and
/// answers what to do; the peer keeps the text.
struct ReportRow: Row {
    let id = "B9"
    let connections = 50

    let figures = [
        Figure(
            measure: "error.report, 50 × 1", unit: .perSecond, peer: "PostgreSQL INSERT of the same text, pgbench",
            bar: .atLeast(3)),
        Figure(
            measure: "error.report, 50 × 1", unit: .perSecond, peer: "the same, prepared, by this client", bar: nil),
    ]

    func round(_ bench: Bench) throws -> [Sample] {
        let mend = try bench.place.withServer(plan(bench)) { server in
            try measure(MendReport(connections: connections), 100_000, on: server, bench)
        }
        return try bench.place.withServer(PostgresPeer.plan) { server in
            try PostgresPeer.execute(PostgresInsert.table, on: server, bench)
            // As most programs send it, by PostgreSQL's own benchmark with its own client.
            let pgbench = try PostgresPeer.pgbench(
                "INSERT INTO errors (report) VALUES ('\(ReportText.all[0])')", connections: connections,
                units: bench.count(50_000), on: server, bench)
            let prepared = try measure(
                PostgresPeer.insert(ReportText.all, connections: connections), 50_000, on: server, bench)
            return [Sample(mend: mend, peer: pgbench), Sample(mend: mend, peer: prepared)]
        }
    }

    /// Every report is stored: nothing is only counted as in a storm.
    private func plan(_ bench: Bench) -> (String) -> Server.Plan {
        { directory in
            var plan = MendPeer.plan(program: bench.options.mendd)(directory)
            plan.settings["MEND_ERRORS_GROUP_PER_MINUTE"] = "1000000000"
            plan.settings["MEND_ERRORS_USER_PER_MINUTE"] = "1000000000"
            return plan
        }
    }

    private func measure(_ talk: some Conversation, _ units: Int, on server: Server, _ bench: Bench) throws -> Double {
        try bench.load(talk, on: server, connections: connections, units: bench.count(units)).perSecond
    }
}

/// Reports, one after the other.
struct MendReport: Conversation {
    private let requests: [[UInt8]]
    private var asked: [Int]

    init(connections: Int) {
        requests = ReportText.all.map { text in
            Array(#"{"jsonrpc":"2.0","id":1,"method":"error.report","params":\#(text)}"#.utf8) + [0x0A]
        }
        asked = Array(repeating: 0, count: connections)
    }

    var longestRequest: Int { requests.map(\.count).max() ?? 0 }

    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int {
        defer { asked[connection] += 1 }
        return output.put(requests[(asked[connection] + connection) % requests.count])
    }

    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing {
        guard let length = input.firstLine() else { return .incomplete }
        let answer = UnsafeRawBufferPointer(rebasing: input[..<length])
        let isStored =
            answer.contains(#""result":{"error":"#) && answer.contains(#""group":"#) && !answer.contains(#""sampled":"#)
        return isStored ? .good(length: length, endsUnit: true) : .bad
    }
}

/// What programs report: 1,000 texts of about 700 bytes, of eight services and twenty problems, each with numbers, a stack,
/// a context, and a secret that must not be stored.
enum ReportText {
    static let all: [String] = (0..<1_000).map { number in
        let problem = problems[number % problems.count]
        let service = services[number % services.count]
        let host = "10.0.\(number % 7).\(number % 251)"
        let message = problem.replacing("@", with: host).replacing("#", with: "\(number * 37)")
        return """
            {"service":"\(service)","message":"\(message)","type":"OperationalError","action":"close day \(number)",\
            "attempt":\(1 + number % 4),"stack":["File \\"/srv/\(service)/main.py\\", line \(number % 90), in run",\
            "File \\"/srv/\(service)/orders.py\\", line 118, in close",\
            "File \\"/srv/\(service)/store.py\\", line 42, in connect",\
            "File \\"/usr/lib/python3/dist-packages/psycopg2/__init__.py\\", line 122, in connect"],\
            "context":{"order":\(120_000 + number),"host":"\(host)","db_password":"hunter\(number)",\
            "url":"postgresql://app:s3cret\(number)@\(host)/shop","attempt":\(number % 5)},\
            "stderr":"connection to server at \\"\(host)\\", port 5432 failed: Connection refused\\n",\
            "task":"night-\(number % 50)","exit_status":1}
            """
    }

    private static let services = ["billing", "shop", "mailer", "stock", "search", "login", "export", "ledger"]

    private static let problems = [
        "connect to @:5432 failed after # ms: Connection refused", "order # could not be closed: deadlock detected",
        "timeout after # ms while waiting for @", "read of 4096 bytes from /var/lib/shop/#.dat failed",
        "customer # has no address", "GET http://@/v1/items/# answered 503", "cannot parse line # of prices.csv",
        "queue of worker # is full", "certificate of @ has expired", "lock on table orders not given in # ms",
        "no space left on device after # bytes", "login of user # refused", "message # could not be delivered to @",
        "index # is out of range", "checksum of block # does not match", "too many open files (#)",
        "the cache at @ does not answer", "job # was killed by signal 9", "unexpected status # from @",
        "disk quota of # MiB exceeded",
    ]
}
