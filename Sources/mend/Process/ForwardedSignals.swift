import CProcess
import Glibc

/// Signals that are meant for the command: they are taken here as they come, and passed on to its group.
///
/// Made once, before threads are started.
struct ForwardedSignals {
    private static let forwarded = [
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT, SIGTSTP,
    ]
    /// Those that ask for an end.
    static let ending: Set<Int32> = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
    /// What a command must be given back: those, and what only we ignore; but what nohup has ignored stays so.
    static let changed = forwarded.filter { $0 != SIGHUP } + [SIGPIPE, SIGTTOU, SIGCHLD]

    /// Readable when one has come, or when a child has stopped or ended.
    let descriptor: Int32

    /// - Parameter numbers: which are taken; the others do here what they do in any program.
    init(_ numbers: [Int32] = forwarded + [SIGCHLD]) throws {
        // A pipe whose reader is gone is an error of the write, and taking the terminal back must not stop us.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGTTOU, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        // One that nohup has made us ignore is not for the command either.
        for number in numbers where number != SIGHUP || !isIgnored(number) { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // SFD_CLOEXEC and SFD_NONBLOCK are these (signalfd(2)).
        descriptor = signalfd(-1, &set, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemFailure("signals cannot be taken", errno) }
    }

    /// The next signal that has come; nothing where there is none.
    func next() -> Int32? {
        // A signalfd_siginfo: 128 bytes, of which the first four are the signal's number (signalfd(2)).
        var info = [UInt32](repeating: 0, count: 32)
        let bytes = info.count * MemoryLayout<UInt32>.size
        return read(descriptor, &info, bytes) == bytes ? Int32(info[0]) : nil
    }
}

extension ForwardedSignals {
    /// Waits so long, or until somebody asks for an end; answers by which signal.
    func waitForEnding(ms: Int64) -> Int32? {
        let untilMs = monotonicMs() + ms
        while true {
            while let number = next() { if Self.ending.contains(number) { return number } }
            let leftMs = untilMs - monotonicMs()
            guard leftMs > 0 else { return nil }
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&ready, 1, Int32(clamping: leftMs))
        }
    }
}

/// Something that the system refused.
struct SystemFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ number: Int32) { description = "\(what): \(String(cString: strerror(number)))" }
}

/// Whether the program that started us has had us ignore it.
private func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
