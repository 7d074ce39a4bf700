import Glibc
import MendEngine
import MendProtocol
import Synchronization

/// What the kernel says of processes that it has ended for want of memory: each unit's cgroup counts them in
/// `memory.events`. A kill is taken for the reason of one report; a report of another kill by hand is not blamed on it.
final class MemoryKills: Sendable {
    /// Units whose count is remembered; beyond it, all are forgotten.
    static let maxUnits = 4096

    private let root: String
    private let reported = Mutex<[String: Int]>([:])

    /// - Parameter root: where the cgroups are.
    init(root: String = "/sys/fs/cgroup") { self.root = root }

    /// Whether a report of a killed process is about such a kill in the caller's own unit.
    func explain(_ report: Errors.Report, from caller: Caller) -> Bool {
        guard report.tellsKill, caller.pid > 0, let unit = caller.unit,
            let path = readSmallFile("/proc/\(caller.pid)/cgroup").flatMap({ Self.path(of: unit, inCgroup: $0) })
        else { return false }
        return takeKill(of: path)
    }

    /// Whether the cgroup has counted a kill that no report was about yet.
    func takeKill(of path: String) -> Bool {
        guard let count = readSmallFile("\(root)\(path)/memory.events").flatMap(Self.kills) else { return false }
        return reported.withLock { reported in
            if reported.count >= Self.maxUnits, reported[path] == nil { reported = [:] }
            let known = reported[path] ?? 0
            // A unit that was started anew counts from nothing.
            guard count != known else { return false }
            reported[path] = count < known ? count : known + 1
            return true
        }
    }

    /// The path of the unit's cgroup, of the unified hierarchy, in the text of `/proc/PID/cgroup`.
    static func path(of unit: String, inCgroup text: String) -> String? {
        let lines = text.split(separator: "\n")
        guard let path = lines.first(where: { $0.hasPrefix("0::/") })?.dropFirst(3) else { return nil }
        let parts = path.split(separator: "/")
        guard let last = parts.lastIndex(where: { $0 == unit }), !parts.contains("..") else { return nil }
        return "/" + parts[...last].joined(separator: "/")
    }

    private static func kills(inEvents text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }
}

/// A call that has a report in it.
protocol ReportCarrying: WriterMethod {
    var carriedReport: Errors.Report { get set }
    /// Whether it says that the process was killed.
    var tellsKill: Bool { get }
}

extension Errors.Report: ReportCarrying {
    var carriedReport: Errors.Report {
        get { self }
        set { self = newValue }
    }

    var tellsKill: Bool {
        switch signal {
        case .number(let number): number == SIGKILL
        case .name(let name): ["KILL", "SIGKILL"].contains(name.uppercased())
        // As a shell says it.
        case nil: exitStatus == 128 + SIGKILL
        }
    }
}

extension Queue.Fail: ReportCarrying {
    var carriedReport: Errors.Report {
        get { error }
        set { error = newValue }
    }

    var tellsKill: Bool { error.tellsKill }
}
