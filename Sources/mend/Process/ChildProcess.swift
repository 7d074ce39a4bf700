import CProcess
import Glibc

/// A program that runs in a process group of its own, so that it can be ended with all that it started.
struct ChildProcess {
    let pid: pid_t
    /// Readable once it has ended.
    let endDescriptor: Int32

    /// What its standard streams are; nothing where they are ours.
    struct Streams {
        var input: Int32?
        var output: Int32?
        var error: Int32?
        /// One of ours that it has under the same number, beside them.
        var kept: Int32?
    }

    /// It could not be started.
    struct StartFailure: Error {
        let program: String
        let number: Int32

        /// As shells have it: 127 where there is no such program, 126 where it cannot be run.
        var status: Int32 { number == ENOENT ? 127 : 126 }
        var message: String { "\(program) cannot be started: \(String(cString: strerror(number)))" }
    }

    /// - Parameters:
    ///   - words: the program, which is looked for in PATH, and its arguments.
    ///   - environment: added to ours.
    ///   - directory: where it begins; nothing where that is our own.
    ///   - takesTerminal: whether it is to have the terminal that our standard input is, as a shell gives it to a job.
    static func start(
        _ words: [String], streams: Streams, environment: [(name: String, value: String)] = [],
        in directory: String? = nil, takesTerminal: Bool
    ) throws -> ChildProcess {
        let program = words.first ?? ""
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, own) in [(streams.input, Int32(0)), (streams.output, 1), (streams.error, 2)] {
            if let descriptor { posix_spawn_file_actions_adddup2(&actions, descriptor, own) }
        }
        // To itself: it is no longer closed then when the program begins.
        if let kept = streams.kept { posix_spawn_file_actions_adddup2(&actions, kept, kept) }
        if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }
        if takesTerminal { posix_spawn_file_actions_addtcsetpgrp_np(&actions, 0) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        // It begins with the signals as we were given them, not as we use them.
        var (none, ours) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&ours)
        for number in ForwardedSignals.changed { sigaddset(&ours, number) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &ours)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let arguments = CStrings(bytes(of: words))
        guard let path = arguments.pointers[0] else { throw StartFailure(program: program, number: ENOENT) }
        let variables = CStrings(environmentWords(adding: environment))
        var pid: pid_t = 0
        let number = posix_spawnp(&pid, path, &actions, &attributes, arguments.pointers, variables.pointers)
        guard number == 0 else { throw StartFailure(program: program, number: number) }
        let end = pidfd_open(pid, 0)
        guard end >= 0 else {
            let number = errno
            killpg(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw StartFailure(program: program, number: number)
        }
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        return ChildProcess(pid: pid, endDescriptor: end)
    }

    /// Signals it and all in its group.
    func signal(_ number: Int32) { killpg(pid, number) }

    /// Whether others of its group run on, who did not end with it.
    var hasCompany: Bool {
        guard let folder = opendir("/proc") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let other = pid_t(name), other != pid, getpgid(other) == pid, Self.runs(other) { return true }
        }
        return false
    }

    private static func runs(_ pid: pid_t) -> Bool {
        guard let text = try? Input.all("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return false }
        // After the name, which may have anything in it: the state (proc(5)).
        let state = text[end...].dropFirst(2).first
        return state != "Z" && state != "X"
    }

    /// How it ended, once ``endDescriptor`` is readable.
    func reap() -> ChildEnd {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        close(endDescriptor)
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    }

    /// Ours as it is, byte by byte: it need not be UTF-8.
    private static func environmentWords(adding more: [(name: String, value: String)]) -> [[CChar]] {
        var words: [[CChar]] = []
        let names = Set(more.map(\.name))
        var place = environ
        while let word = place.pointee {
            if !names.contains(String(String(cString: word).prefix { $0 != "=" })) { words.append(copy(word)) }
            place += 1
        }
        return words + more.map { Array("\($0.name)=\($0.value)".utf8CString) }
    }

    /// The words as C has them. Those that our own arguments end with are given on byte by byte: what was not UTF-8
    /// stands in a `String` as U+FFFD, and would be another file's name.
    private static func bytes(of words: [String]) -> [[CChar]] {
        let first = Int(CommandLine.argc) - words.count
        return words.enumerated().map { index, word in
            guard first >= 0, word.unicodeScalars.contains("\u{FFFD}"),
                let own = CommandLine.unsafeArgv[first + index], String(cString: own) == word
            else { return Array(word.utf8CString) }
            return copy(own)
        }
    }

    private static func copy(_ word: UnsafeMutablePointer<CChar>) -> [CChar] {
        Array(UnsafeBufferPointer(start: word, count: strlen(word) + 1))
    }
}

/// How a program ended.
enum ChildEnd: Equatable {
    case exited(Int32)
    case signalled(Int32)

    /// As shells have it.
    var status: Int32 {
        switch self {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        }
    }
}

/// Words as C's functions take them, for as long as it lives.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ words: [[CChar]]) {
        count = words.count
        pointers = .allocate(capacity: count + 1)
        for (place, word) in words.enumerated() { (pointers + place).initialize(to: strdup(word)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for place in 0..<count { free(pointers[place]) }
        pointers.deallocate()
    }
}
