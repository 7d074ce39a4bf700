import LoadKit

/// What the command line asks for.
struct Options {
    enum Command {
        case compare
        case echoServer(socket: String)
        case load(socket: String, connections: Int)
        case help
    }

    static let usage = """
        mend-bench [--rows B1,B4] [--quick] [--rounds 5] [--mendd .build/release/mendd]
                   [--baseline Benchmarks/sqlite-baseline/main.c] [--directory /var/tmp]

        Measures Mend against its peers, in alternation, and prints one table. It starts every server itself, in a
        private directory below --directory, which must be on a disk. A ratio is the median of the rounds' ratios.

        Exit status: 0 even where a bar is missed; 1 where something could not be measured; 64 usage; 130 interrupted.
        """

    var command = Command.compare
    var rows: [String]?
    var quick = false
    var rounds: Int?
    var mendd = ".build/release/mendd"
    var baseline = "Benchmarks/sqlite-baseline/main.c"
    var directory = "/var/tmp"

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        var socket = ""
        var connections = 50
        let word = rest.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        if word != nil { rest.removeFirst() }
        while let option = rest.popFirst() {
            func value() throws -> String {
                guard let value = rest.popFirst() else { throw LoadFailure("\(option) needs a value") }
                return value
            }
            switch option {
            case "--rows": rows = try value().split(separator: ",").map { $0.uppercased() }
            case "--quick": quick = true
            case "--rounds": rounds = try Self.positive(option, value())
            case "--mendd": mendd = try value()
            case "--baseline": baseline = try value()
            case "--directory": directory = try value()
            case "--socket": socket = try value()
            case "--connections": connections = try Self.positive(option, value())
            case "--help", "-h": command = .help
            default: throw LoadFailure("unknown option \(option)")
            }
        }
        switch word {
        case nil: break
        case "echo-server": command = .echoServer(socket: socket)
        case "load": command = .load(socket: socket, connections: connections)
        case let word?: throw LoadFailure("unknown command \(word)")
        }
    }

    private static func positive(_ option: String, _ text: String) throws -> Int {
        guard let number = Int(text), number > 0 else { throw LoadFailure("\(option) needs a positive number") }
        return number
    }
}
