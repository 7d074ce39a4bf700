import ArgumentParser
import Glibc
import MendProtocol

@main
struct Mendd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mendd",
        abstract: "The error handling and recovery service of this host.",
        discussion: """
            Started by systemd through mend.socket it needs no options. Without systemd, --socket and --state say where \
            it listens and where it keeps its state; it stays in the foreground.
            """,
        version: MendVersion.current,
        subcommands: [Serve.self, Backup.self, Restore.self, Verify.self], defaultSubcommand: Serve.self)
}

/// A start that cannot be: says so in one line on standard error, and ends with 78 (EX_CONFIG).
func refused(_ message: String) -> ExitCode {
    say(message)
    return ExitCode(78)
}

/// Writes a line to standard error.
func say(_ message: String) {
    let line = Array("mendd: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

enum Environment {
    /// The variables of this process.
    static var current: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        return variables
    }
}
