import CProcess
import Glibc
import MendProtocol

/// A file that is locked as long as anybody is at a step: the command that runs it, and all that the step has started.
/// The undo of a step waits for it, so that the two never run at once.
final class StepLock {
    /// How long a step may go on that ends by itself.
    private static let patienceMs: Int64 = 60_000
    /// How long what a step has left behind may take to end when it is asked to.
    private static let killAfterMs: Int64 = 5000
    private static let lookMs: Int64 = 20

    let path: String
    /// Handed on to the step's command.
    let descriptor: Int32

    init() throws {
        let directory = try UserDirectory.make(.state, "steps")
        path = "\(directory)/\(getpid())-\(UInt64.random(in: 0 ... .max)).lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(path, errno) }
        // Who has it and is us ends the step by itself.
        let own = Array(String(getpid()).utf8)
        guard flock(descriptor, LOCK_EX) == 0, own.withUnsafeBytes({ writeAll($0, to: descriptor) }) else {
            throw SystemFailure(path, errno)
        }
    }

    deinit { close(descriptor) }

    /// The step has ended: what it has left running in the background is no part of it.
    func release() {
        unlink(path)
        flock(descriptor, LOCK_UN)
    }

    /// Ends what is left of the step, and waits until it has ended.
    func endOthers() {
        let untilMs = monotonicMs() + Self.killAfterMs
        while monotonicMs() < untilMs {
            let others = Self.holders(path)
            if others.isEmpty { return }
            for pid in others { kill(pid, SIGKILL) }
            poll(nil, 0, 5)
        }
    }

    // MARK: Whoever finds it

    /// Waits until nobody is at the step any more, and ends what the step's own end has left behind.
    ///
    /// - Returns: false where the watch asked for an end.
    /// - Throws: `WorkRefusal` where somebody stays at it.
    static func end(_ path: String, watch: any AttemptWatch, voice: Voice) throws -> Bool {
        // Not for writing, so that nobody takes us for one who is at the step. Without it the step has ended.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return true }
        defer { close(file) }
        let startedMs = monotonicMs()
        var askedMs: Int64?
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let now = monotonicMs()
            guard now - startedMs < patienceMs else {
                throw WorkRefusal(
                    message: "somebody is still at the step (\(path) is locked), and its undo must not overtake it",
                    category: .transient)
            }
            let holders = holders(path)
            if !holders.isEmpty, !holders.contains(owner(file)) {
                if askedMs == nil { voice.say("ending what is left of the step") }
                let isLate = askedMs.map { now - $0 >= killAfterMs } ?? false
                if askedMs == nil || isLate { for pid in holders { kill(pid, isLate ? SIGKILL : SIGTERM) } }
                askedMs = askedMs ?? now
            }
            var ready = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&ready, 1, Int32(lookMs))
            if ready.revents != 0 || watch.dueMs.map({ $0 <= monotonicMs() }) ?? false, watch.mustEnd() { return false }
        }
        return true
    }

    /// Who has begun the step.
    private static func owner(_ file: Int32) -> pid_t {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &text, text.count, 0)
        return pid_t(String(decoding: text.prefix(max(0, count)), as: UTF8.self)) ?? 0
    }

    /// Processes but ours that have the file as the step has it: open for writing.
    private static func holders(_ path: String) -> [pid_t] {
        numbers(in: "/proc").filter { pid in
            pid != getpid()
                && numbers(in: "/proc/\(pid)/fd").contains { isWriter("/proc/\(pid)/fd/\($0)", of: path) }
        }
    }

    private static func numbers(in directory: String) -> [pid_t] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var numbers: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = pid_t(name) { numbers.append(number) }
        }
        return numbers
    }

    private static func isWriter(_ link: String, of path: String) -> Bool {
        var about = stat()
        guard lstat(link, &about) == 0, about.st_mode & S_IWUSR != 0 else { return false }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return false }
            let count = readlink(link, start, buffer.count)
            return count >= 0
                && String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) == path
        }
    }
}
