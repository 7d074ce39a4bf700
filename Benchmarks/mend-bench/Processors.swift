import Glibc
import LoadKit

/// Where programs run. A wake-up of the other processor costs more than all else in a short call, and whether it
/// happens is the scheduler's choice; with one processor for all there is no choice, and the work itself shows.
enum Processors {
    /// Runs `body` with this program, and those that it starts meanwhile, on one processor.
    static func one<T>(_ place: Workplace, _ body: () throws -> T) throws -> T {
        let allowed = try allowed()
        try use(String(allowed.prefix(while: \.isNumber)), place)
        defer {
            do {
                try use(allowed, place)
            } catch {
                Text.note("still on one processor: \(error)")
            }
        }
        return try body()
    }

    private static func allowed() throws -> String {
        let label = "Cpus_allowed_list:"
        for line in (Text.file("/proc/self/status") ?? "").split(separator: "\n") where line.hasPrefix(label) {
            return String(line.dropFirst(label.count).drop(while: \.isWhitespace))
        }
        throw LoadFailure("the processors cannot be read")
    }

    private static func use(_ list: String, _ place: Workplace) throws {
        _ = try place.withDirectory { directory in
            try ChildProcess.output(["taskset", "--cpu-list", "--pid", list, "\(getpid())"], log: "\(directory)/log")
        }
    }
}
