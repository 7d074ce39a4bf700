import Glibc
import LoadKit

/// Measures Mend against its peers.
@main
struct MendBench {
    static let rows: [any Row] = [
        EnqueueRow(id: "B1", inFlight: 1, peer: .redis, bar: 1),
        EnqueueRow(id: "B2", inFlight: 1, peer: .beanstalkd, bar: 5),
        EnqueueRow(id: "B3", inFlight: 16, peer: .redis, bar: 0.5),
        SingleEnqueueRow(),
        LeaseRow(),
        BreakerRow(id: "B7", peer: .echo, bar: 1.5),
        BreakerRow(id: "B8", peer: .redis, bar: 1),
        ReportRow(),
        ActivationRow(),
        MemoryRow(),
    ]

    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            let unknown = (options.rows ?? []).filter { id in !rows.contains { $0.id == id } }
            guard unknown.isEmpty else { throw LoadFailure("unknown rows: \(unknown.joined(separator: ", "))") }
            exit(run(options))
        } catch {
            Text.note("mend-bench: \(error)\n\n\(Options.usage)")
            exit(EX_USAGE)
        }
    }

    /// Does what the command line asks, and answers the exit status.
    private static func run(_ options: Options) -> Int32 {
        do {
            switch options.command {
            case .help:
                print(Options.usage)
                return 0
            case .echoServer(let socket):
                try EchoPeer.serve(socket: socket)
                return 0
            case .load(let socket, let connections):
                Interruption.install()
                try BackgroundLoad.run(socket: socket, connections: connections)
                return 0
            case .compare:
                Interruption.install()
                return try compare(options)
            }
        } catch is Interrupted {
            return 130
        } catch {
            Text.note("mend-bench: \(error)")
            return 1
        }
    }

    private static func compare(_ options: Options) throws -> Int32 {
        let chosen = rows.filter { options.rows?.contains($0.id) ?? true }
        let bench = try Bench(options)
        let fileSystem = try bench.place.fileSystem()
        if fileSystem == "tmpfs" || fileSystem == "ramfs" {
            Text.note("warning: \(options.directory) is in memory (\(fileSystem)): nothing is really synced there")
        }
        let syncTime = try bench.place.syncTime()
        var table = Table()
        for row in chosen {
            do {
                table.add(row, try measure(row, bench))
            } catch let failure as LoadFailure {
                Text.note("  \(failure)")
                table.add(row, failure: failure)
            }
        }
        print(table.text)
        print("")
        print(Versions.text(bench))
        let sync = Text.number(syncTime, decimals: 0)
        print("\(options.directory): \(fileSystem), a synced write of 4 KiB takes \(sync) µs")
        for failure in table.failures { print(failure) }
        return table.failures.isEmpty ? 0 : 1
    }

    private static func measure(_ row: any Row, _ bench: Bench) throws -> [[Sample]] {
        try (1...bench.rounds).map { round in
            try Interruption.check()
            Text.note("\(row.id), round \(round) of \(bench.rounds)")
            return try row.round(bench)
        }
    }
}
