import Glibc

/// One run of a command, until it has ended.
struct Attempt {
    let words: [String]
    var environment: [(name: String, value: String)] = []
    /// After so long its group is asked to end.
    var timeoutMs: Int64?
    /// And after so long again it is ended.
    var killAfterMs: Int64 = 10_000
    /// Its standard output goes into a file, not to ours.
    var holdsOutput = false

    struct Outcome {
        let end: ChildEnd
        let durationMs: Int64
        let isTimedOut: Bool
        /// The signal that was passed on to it and asks for an end.
        let endingSignal: Int32?
        let errors: OutputTail
        /// Where its standard output is, to be read from the beginning and closed.
        let output: Int32?

        /// As `timeout` has it, 124 for one that took too long.
        var status: Int32 { isTimedOut ? 124 : end.status }
    }

    /// Runs it. Its standard error is ours, and the end of it is kept.
    ///
    /// - Throws: `ChildProcess.StartFailure`, `SystemFailure`.
    func run(_ input: InputReplay, signals: ForwardedSignals) throws -> Outcome {
        input.rewind()
        let output = holdsOutput ? try unnamedFile() : nil
        let errors = try Pipe()
        var feed: Pipe?
        if case .pipe = input.source { feed = try Pipe() }
        let terminal = Terminal.ofForeground(input)
        let startedMs = monotonicMs()
        let child = try ChildProcess.start(
            words, streams: ChildProcess.Streams(input: feed?.reading, output: output, error: errors.writing),
            environment: environment, takesTerminal: terminal != nil)
        errors.closeWriting()
        feed?.closeReading()
        defer { terminal?.takeBack() }
        var running = Running(
            child: child, input: input, feed: feed, errors: errors, signals: signals, terminal: terminal,
            deadline: Deadline(startedMs: startedMs, timeoutMs: timeoutMs, killAfterMs: killAfterMs))
        try running.wait()
        return Outcome(
            end: child.reap(), durationMs: monotonicMs() - startedMs, isTimedOut: running.deadline.isOver,
            endingSignal: running.endingSignal, errors: running.tail, output: output)
    }
}

/// When a command is asked to end, and when it is ended.
private struct Deadline {
    let startedMs: Int64
    let timeoutMs: Int64?
    let killAfterMs: Int64
    private(set) var isOver = false
    private var isKilled = false

    init(startedMs: Int64, timeoutMs: Int64?, killAfterMs: Int64) {
        (self.startedMs, self.timeoutMs, self.killAfterMs) = (startedMs, timeoutMs, killAfterMs)
    }

    /// Milliseconds to the next step; nothing where there is none.
    func waitMs(now: Int64) -> Int64? {
        guard let timeoutMs, !isKilled else { return nil }
        return max(0, startedMs + timeoutMs + (isOver ? killAfterMs : 0) - now)
    }

    /// What its group is to be sent now.
    mutating func signal(now: Int64) -> Int32? {
        guard waitMs(now: now) == 0 else { return nil }
        if isOver {
            isKilled = true
            return SIGKILL
        }
        isOver = true
        return SIGTERM
    }
}

/// What is waited for while a command runs.
private struct Running {
    let child: ChildProcess
    let input: InputReplay
    var feed: Pipe?
    let errors: Pipe
    let signals: ForwardedSignals
    let terminal: Terminal?
    var deadline: Deadline
    var tail = OutputTail(limit: ReportOptions.stderrLimit)
    var endingSignal: Int32?
    private var errorsAreOpen = true

    init(
        child: ChildProcess, input: InputReplay, feed: Pipe?, errors: Pipe, signals: ForwardedSignals,
        terminal: Terminal?, deadline: Deadline
    ) {
        (self.child, self.input, self.feed, self.errors) = (child, input, feed, errors)
        (self.signals, self.terminal, self.deadline) = (signals, terminal, deadline)
    }

    mutating func wait() throws {
        while true {
            let canFeed = feed != nil && !input.mustRead
            var waits = [
                pollfd(fd: child.endDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsAreOpen ? errors.reading : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: feed != nil && input.mustRead ? 0 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: canFeed ? feed?.writing ?? -1 : -1, events: Int16(POLLOUT), revents: 0),
            ]
            let waitMs = deadline.waitMs(now: monotonicMs()).map { Int32(clamping: $0) } ?? -1
            guard poll(&waits, nfds_t(waits.count), waitMs) >= 0 || errno == EINTR else {
                throw SystemFailure("nothing can be waited for", errno)
            }
            if let signal = deadline.signal(now: monotonicMs()) {
                child.signal(signal)
                // One that is stopped does not hear of its end.
                child.signal(SIGCONT)
            }
            takeSignals()
            if waits[2].revents != 0 { readErrors() }
            if waits[3].revents != 0 { try input.read() }
            try feedChild(isReady: waits[4].revents != 0)
            if waits[0].revents != 0 { break }
        }
        feed?.closeWriting()
        // What it has written; what runs on in the background may hold the pipe for long.
        while errorsAreOpen, errors.isReadable { readErrors() }
        errors.closeReading()
    }

    private mutating func takeSignals() {
        while let number = signals.next() {
            switch number {
            case SIGCHLD: terminal?.stopWith(child)
            default:
                if ForwardedSignals.ending.contains(number) { endingSignal = number }
                child.signal(number)
            }
        }
    }

    private mutating func readErrors() {
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            let count = read(errors.reading, buffer.baseAddress, buffer.count)
            if count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                tail.append(bytes)
                // Where ours is closed nobody reads it, and the command goes on.
                _ = writeAll(bytes, to: 2)
            } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
                errorsAreOpen = false
            }
        }
    }

    private mutating func feedChild(isReady: Bool) throws {
        guard let pipe = feed else { return }
        if isReady, try !input.give(to: pipe.writing) { return closeFeed() }
        if input.isDone { closeFeed() }
    }

    private mutating func closeFeed() {
        feed?.closeWriting()
        feed = nil
    }
}

/// Milliseconds that only go forward.
func monotonicMs() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
