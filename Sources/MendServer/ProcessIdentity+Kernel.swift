import MendEngine
import MendProtocol

extension ProcessIdentity {
    /// A living process that `caller` may tie something to: one of its own user, in the daemon's own pid namespace, for
    /// a number from another one means another process here.
    init(of pid: Int32, for caller: Caller) throws(CallError) {
        guard let caller = caller.pid == 0 ? nil : readSmallFile("/proc/\(caller.pid)/status"),
            Self.pids(inStatus: caller).count == 1
        else {
            throw CallError(
                .permissionDenied, "a process can only be named from the daemon's own pid namespace",
                field: "hold.pid", hint: #"use "connection" instead"#)
        }
        guard let status = readSmallFile("/proc/\(pid)/status"), let stat = readSmallFile("/proc/\(pid)/stat"),
            let startTicks = Self.startTicks(inStat: stat), let uid = Self.uid(inStatus: status)
        else { throw CallError(.notFound, "there is no process \(pid)", field: "hold.pid") }
        self.init(pid: pid, uid: uid, startTicks: startTicks, bootID: SystemClock.bootID)
    }

    /// Its ids in its pid namespaces, the outermost that is visible first (proc(5), `NSpid`).
    static func pids(inStatus text: String) -> [Int32] {
        field("NSpid:", of: text).compactMap { Int32($0) }
    }

    /// Its real uid (proc(5), `Uid`).
    static func uid(inStatus text: String) -> UInt32? { field("Uid:", of: text).first.flatMap { UInt32($0) } }

    /// Field 22 of `/proc/PID/stat`; the command's name, field 2, may hold anything but ends with the last parenthesis.
    static func startTicks(inStat text: String) -> Int64? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? Int64(fields[19]) : nil
    }

    private static func field(_ name: String, of text: String) -> [Substring] {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return [] }
        return line.dropFirst(name.count).split { $0 == "\t" || $0 == " " }
    }
}
