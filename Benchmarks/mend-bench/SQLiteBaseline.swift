import LoadKit

/// The C program beside this one: a commit to SQLite, and an echo, as lean as can be.
struct SQLiteBaseline {
    let program: String

    /// Compiles the program into the benchmark's own directory.
    init(source: String, in place: Workplace) throws {
        program = "\(place.path)/sqlite-baseline"
        let words = try place.withDirectory {
            try ChildProcess.output(["cc", "-O2", "-o", program, source, "-lsqlite3"], log: "\($0)/log")
        }
        if !words.isEmpty { Text.note(words) }
    }

    func version(in place: Workplace) throws -> String {
        try place.withDirectory { try ChildProcess.output([program, "version"], log: "\($0)/log") }
    }

    /// The time of one durable commit of a row.
    func commit(count: Int, in place: Workplace) throws -> Latencies.Summary {
        try measure(["commit", "db", "\(count)", "\(Payload.size)"], in: place)
    }

    /// The time of one round trip of as many bytes as an enqueue has.
    func echo(count: Int, bytes: Int, in place: Workplace) throws -> Latencies.Summary {
        try measure(["echo", "s", "\(count)", "\(bytes)"], in: place)
    }

    private func measure(_ arguments: [String], in place: Workplace) throws -> Latencies.Summary {
        try place.withDirectory { directory in
            var command = [program] + arguments
            command[2] = "\(directory)/\(arguments[1])"
            let output = try ChildProcess.output(command, log: "\(directory)/log")
            let figures = output.split(separator: " ").compactMap { Double(String($0)) }
            guard figures.count == 3 else { throw LoadFailure("\(arguments[0]) printed \(output)") }
            return Latencies.Summary(
                mean: figures[0] / 1_000, median: figures[1] / 1_000, percentile99: figures[2] / 1_000)
        }
    }
}
