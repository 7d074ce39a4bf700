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
    /// Where it runs; nothing where that is where we do.
    var directory: String?
    /// One of our descriptors that it has too, and all that it starts.
    var keptDescriptor: Int32?

    struct Outcome {
        let end: ChildEnd
        let durationMs: Int64
        let isTimedOut: Bool
        /// Whether the watch asked for its end.
        let isEndedByWatch: Bool
        /// The signal that was passed on to it and asks for an end, or by which the terminal that it had ended it.
        let endingSignal: Int32?
        /// Whether it was interrupted, and did not take that for something else than its end.
        let interruption: Interruption?
        let errors: OutputTail
        /// Where its standard output is, to be read from the beginning and closed.
        let output: Int32?

        /// As `timeout` has it, 124 for one that took too long.
        var status: Int32 { isTimedOut ? 124 : end.status }
    }

    /// Runs it. Its standard error is ours, and the end of it is kept.
    ///
    /// - Parameters:
    ///   - signals: what is passed on to it; nothing where they are somebody else's.
    ///   - watch: what may ask for its end.
    /// - Throws: `ChildProcess.StartFailure`, `SystemFailure`.
    func run(
        _ input: InputReplay, signals: ForwardedSignals?, watch: (any AttemptWatch)? = nil
    ) throws -> Outcome {
        input.rewind()
        let output = holdsOutput ? try unnamedFile() : nil
        let errors = try Pipe()
        var feed: Pipe?
        if case .pipe = input.source { feed = try Pipe() }
        let terminal = Terminal.ofForeground(input)
        let startedMs = monotonicMs()
        let child = try ChildProcess.start(
            words,
            streams: ChildProcess.Streams(
                input: feed?.reading ?? input.descriptor, output: output, error: errors.writing, kept: keptDescriptor),
            environment: environment, in: directory, takesTerminal: terminal != nil)
        errors.closeWriting()
        feed?.closeReading()
        defer { terminal?.takeBack() }
        var running = Running(
            child: child, input: input, feed: feed, errors: errors, signals: signals, watch: watch,
            terminal: terminal,
            deadline: AttemptDeadline(startedMs: startedMs, timeoutMs: timeoutMs, killAfterMs: killAfterMs))
        try running.wait()
        let end = child.reap()
        let terminalSignal = terminal == nil || running.deadline.isOver ? nil : end.terminalSignal
        let endingSignal = running.endingSignal ?? terminalSignal
        var interruption: Interruption?
        if end == .signalled(SIGINT), endingSignal == SIGINT {
            interruption = running.endingSignal == nil ? .ofCommand : .ofUs
        }
        return Outcome(
            end: end, durationMs: monotonicMs() - startedMs, isTimedOut: running.deadline.isOver,
            isEndedByWatch: running.isEndedByWatch, endingSignal: endingSignal, interruption: interruption,
            errors: running.tail, output: output)
    }
}

/// What is waited for while a command runs.
private struct Running {
    let child: ChildProcess
    let input: InputReplay
    var feed: Pipe?
    let errors: Pipe
    let signals: ForwardedSignals?
    let watch: (any AttemptWatch)?
    let terminal: Terminal?
    var deadline: AttemptDeadline
    var tail = OutputTail(limit: ReportOptions.stderrLimit)
    var endingSignal: Int32?
    var isEndedByWatch = false
    private var errorsAreOpen = true
    /// What it wrote to its standard error and ours has not taken yet.
    private var unwritten: [UInt8] = []
    /// It has ended in time for its end, and of what it started some have not.
    private var lingers = false

    init(
        child: ChildProcess, input: InputReplay, feed: Pipe?, errors: Pipe, signals: ForwardedSignals?,
        watch: (any AttemptWatch)?, terminal: Terminal?, deadline: AttemptDeadline
    ) {
        (self.child, self.input, self.feed, self.errors) = (child, input, feed, errors)
        (self.signals, self.watch, self.terminal, self.deadline) = (signals, watch, terminal, deadline)
    }

    mutating func wait() throws {
        while true {
            var waits = waits
            guard poll(&waits, nfds_t(waits.count), waitMs) >= 0 || errno == EINTR else {
                throw SystemFailure("nothing can be waited for", errno)
            }
            if let signal = deadline.signal(now: monotonicMs()) { end(signal) }
            takeSignals()
            ask(isReady: waits[5].revents != 0)
            if waits[6].revents != 0 { writeErrors() }
            if waits[2].revents != 0 { readErrors() }
            if waits[3].revents != 0 { try input.read() }
            try feedChild(isReady: waits[4].revents != 0)
            if waits[0].revents != 0 || lingers {
                // What took too long is ended with all that it started: they have the time to end that it had.
                lingers = deadline.isOver && !deadline.isKilled && child.hasCompany
                if !lingers { break }
            }
        }
        // Its group's id is its own until it has been waited for: nothing of it outlives one that had to end.
        if isEndedByWatch { child.signal(SIGKILL) }
        feed?.closeWriting()
        // What it has written; what runs on in the background may hold the pipe for long.
        repeat {
            try flushErrors()
            if errorsAreOpen, errors.isReadable { readErrors() }
        } while !unwritten.isEmpty || (errorsAreOpen && errors.isReadable)
        errors.closeReading()
    }

    /// Waits until ours has taken what was written; not for a reader who does not read where the end was asked for.
    private mutating func flushErrors() throws {
        while !unwritten.isEmpty {
            var waits = [
                pollfd(fd: 2, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: signals?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let isAsked = deadline.isOver || isEndedByWatch || endingSignal != nil
            let count = poll(&waits, nfds_t(waits.count), isAsked ? 0 : -1)
            guard count >= 0 || errno == EINTR else { throw SystemFailure("nothing can be waited for", errno) }
            if waits[0].revents != 0 {
                writeErrors()
            } else if isAsked, count == 0 {
                unwritten = []
            }
            takeSignals()
        }
    }

    private var waits: [pollfd] {
        let canFeed = feed != nil && !input.mustRead
        let mustRead = feed != nil && input.mustRead
        return [
            pollfd(fd: lingers ? -1 : child.endDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorsAreOpen && unwritten.isEmpty ? errors.reading : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mustRead ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: canFeed ? feed?.writing ?? -1 : -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: watch?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: unwritten.isEmpty ? -1 : 2, events: Int16(POLLOUT), revents: 0),
        ]
    }

    /// As poll(2) has it.
    private var waitMs: Int32 {
        let now = monotonicMs()
        let watchMs = watch?.dueMs.map { max(0, $0 - now) }
        return [deadline.waitMs(now: now), watchMs, lingers ? 20 : nil].compactMap { $0 }.min().map {
            Int32(clamping: $0)
        } ?? -1
    }

    private mutating func ask(isReady: Bool) {
        guard let watch, isReady || watch.dueMs.map({ $0 <= monotonicMs() }) ?? false, watch.mustEnd() else { return }
        isEndedByWatch = true
        if let signal = deadline.end(now: monotonicMs()) { end(signal) }
    }

    private func end(_ signal: Int32) {
        child.signal(signal)
        // One that is stopped does not hear of its end.
        child.signal(SIGCONT)
    }

    private mutating func takeSignals() {
        while let number = signals?.next() {
            switch number {
            case SIGCHLD: terminal?.stopWith(child)
            default:
                if ForwardedSignals.ending.contains(number) { endingSignal = number }
                child.signal(number)
            }
        }
    }

    private mutating func readErrors() {
        withUnsafeTemporaryAllocation(byteCount: Int(PIPE_BUF), alignment: 1) { buffer in
            let count = read(errors.reading, buffer.baseAddress, buffer.count)
            if count > 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                tail.append(bytes)
                unwritten = Array(bytes)
                var ready = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
                if poll(&ready, 1, 0) != 0 { writeErrors() }
            } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
                errorsAreOpen = false
            }
        }
    }

    /// Where ours is ready: so much a pipe takes without waiting then (pipe(7)), and a reader who does not read keeps us
    /// from nothing else.
    private mutating func writeErrors() {
        // Where ours is closed nobody reads it, and the command goes on.
        _ = unwritten.withUnsafeBytes { writeAll($0, to: 2) }
        unwritten = []
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
