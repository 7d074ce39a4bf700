import LoadKit

/// What the command line asks for.
struct Options {
    enum Command {
        case trials
        /// The process of R3 that does undos, and waits to be killed at a step.
        case undoWorker
        /// R5, in a mount namespace of its own.
        case fullDisk
        /// A process of R6 that sends a line of so many megabytes.
        case longLine(megabytes: Int)
        case help
    }

    static let usage = """
        mend-crash [--only R1,R3,R5,R6] [--quick] [--kills 200] [--seed N] [--verbose]
                   [--mendd .build/release/mendd] [--shim .build/release/unsynced.so] [--directory /var/tmp]

        Drives the real daemon from outside, kills it and starves it, and compares what it has afterwards with what its
        clients were told. One line a bar on standard output; --seed makes the same choices again, of what is asked and
        when the daemon is killed, though not of what it was doing just then. --quick takes half a minute.

        Exit status: 0 where every bar is reached or skipped for a reason that is told; 1 where one is missed;
        64 usage; 130 interrupted.
        """

    var command = Command.trials
    var only: [String]?
    var quick = false
    var kills: Int?
    var seed = UInt64.random(in: 0..<1_000_000_000)
    var isVerbose = false
    var mendd = ".build/release/mendd"
    var shim = ".build/release/unsynced.so"
    var directory = "/var/tmp"
    var socket = ""
    var stopAt = ""

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        var megabytes = 100
        let word = rest.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        if word != nil { rest.removeFirst() }
        while let option = rest.popFirst() {
            func value() throws -> String {
                guard let value = rest.popFirst() else { throw LoadFailure("\(option) needs a value") }
                return value
            }
            func number() throws -> Int {
                guard let number = Int(try value()), number >= 0 else { throw LoadFailure("\(option) needs a number") }
                return number
            }
            switch option {
            case "--only": only = try value().split(separator: ",").map { $0.uppercased() }
            case "--quick": quick = true
            case "--verbose": isVerbose = true
            case "--kills": kills = try number()
            case "--seed": seed = UInt64(try number())
            case "--mendd": mendd = try value()
            case "--shim": shim = try value()
            case "--directory": directory = try value()
            case "--socket": socket = try value()
            case "--stop-at": stopAt = try value()
            case "--megabytes": megabytes = try number()
            case "--help", "-h": command = .help
            default: throw LoadFailure("unknown option \(option)")
            }
        }
        switch word {
        case nil: break
        case "undo-worker": command = .undoWorker
        case "full-disk": command = .fullDisk
        case "long-line": command = .longLine(megabytes: megabytes)
        case let word?: throw LoadFailure("unknown command \(word)")
        }
    }
}
