import CLinux
import Glibc
import MendEngine
import MendProtocol

/// A living process as the kernel knows it, with a pidfd by which its end is told (pidfd_open(2)). Whoever takes the
/// value closes it.
struct OpenProcess {
    let identity: ProcessIdentity
    let descriptor: Int32

    /// - Throws: `not_found` where there is none, or none that still runs; `unavailable` where it cannot be watched.
    init(_ pid: Int32) throws(CallError) {
        let descriptor = pidfd_open(pid, 0)
        guard descriptor >= 0 else {
            // EINVAL is what the kernel says of a thread that is not its process's first.
            throw errno == ESRCH || errno == EINVAL ? .noProcess(pid) : .cannotWatch(pid, errno)
        }
        do throws(CallError) {
            identity = try ProcessIdentity(readingProc: pid)
            // What was read was that of the process behind the descriptor only if that has not ended meanwhile: before
            // it is reaped, nobody else has its number. One that waits to be reaped has ended, too.
            guard !Self.hasEnded(descriptor) else { throw CallError.noProcess(pid) }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    private static func hasEnded(_ descriptor: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) != 0
    }
}

extension ProcessIdentity {
    fileprivate init(readingProc pid: Int32) throws(CallError) {
        guard let status = readSmallFile("/proc/\(pid)/status"), let stat = readSmallFile("/proc/\(pid)/stat"),
            let startTicks = Self.startTicks(inStat: stat), let uid = Self.uid(inStatus: status)
        else { throw .noProcess(pid) }
        self.init(pid: pid, uid: uid, startTicks: startTicks, bootID: SystemClock.bootID)
    }

    /// Whether a process's numbers of processes are those of the daemon. From a pid namespace beside or above the
    /// daemon's the kernel tells 0 as its pid; one below has a number in each.
    static func sharesNumbers(with caller: Caller) -> Bool {
        guard caller.pid != 0, let status = readSmallFile("/proc/\(caller.pid)/status") else { return false }
        return pids(inStatus: status).count == 1
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

extension CallError {
    fileprivate static func noProcess(_ pid: Int32) -> CallError {
        CallError(.notFound, "there is no process \(pid), or it has ended", field: "hold.pid")
    }

    fileprivate static func cannotWatch(_ pid: Int32, _ errno: Int32) -> CallError {
        CallError(
            .unavailable, "process \(pid) cannot be watched: \(String(cString: strerror(errno)))", field: "hold.pid",
            hint: #"use "connection" instead"#, retryAfterMs: 1000)
    }
}
