import Glibc

/// A program that was started here: it is ended with the value, whatever happens to the test.
final class Child {
    enum End: Equatable {
        case exited(Int32)
        case killed(by: Int32)
    }

    let pid: pid_t
    private(set) var end: End?
    /// What it wrote, as far as it was read.
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private var outputPipe: Int32
    private var errorPipe: Int32

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }

    /// Starts a program with nothing in its environment but `environment` and `PATH`. Its input is `input`, a file.
    init(_ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null") throws {
        let out = try Self.pipe()
        let err = try Self.pipe()
        defer {
            close(out.write)
            close(err.write)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out.write, 1)
        posix_spawn_file_actions_adddup2(&actions, err.write, 2)
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
        variables.merge(environment) { $1 }
        var pid: pid_t = 0
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        let error = posix_spawn(&pid, arguments[0], &actions, nil, &argv, &envp)
        guard error == 0 else {
            close(out.read)
            close(err.read)
            throw Failure("\(arguments[0]): \(String(cString: strerror(error)))")
        }
        self.pid = pid
        outputPipe = out.read
        errorPipe = err.read
    }

    deinit { kill() }

    /// A pair of sockets, because only it is close-on-exec from the beginning: other tests start programs meanwhile.
    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure.system("socketpair") }
        return (ends[0], ends[1])
    }

    func signal(_ number: Int32) {
        // Its id is its own until it has been waited for.
        if end == nil { Glibc.kill(pid, number) }
    }

    /// Ends it at once, as a crash does.
    func kill() {
        guard end == nil else { return }
        signal(SIGKILL)
        reap()
    }

    /// Waits until it and whoever has its output have ended by themselves.
    @discardableResult
    func waitForEnd() throws -> End {
        let deadline = Deadline()
        while outputPipe >= 0 || errorPipe >= 0 { try readSome(until: deadline) }
        return reap()
    }

    /// Waits until it has written that to standard error.
    func waitForErrors(containing text: String) throws {
        let deadline = Deadline()
        while !errorText.contains(text) {
            guard errorPipe >= 0 else { throw Failure("it ended without saying \(text): \(errorText)") }
            try readSome(until: deadline)
        }
    }

    /// Waits until it has written that to standard output.
    func waitForOutput(containing text: String) throws {
        let deadline = Deadline()
        while !outputText.contains(text) {
            guard outputPipe >= 0 else { throw Failure("it ended without \(text): \(outputText)") }
            try readSome(until: deadline)
        }
    }

    @discardableResult
    private func reap() -> End {
        if let end { return end }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let end = signal == 0 ? End.exited((status >> 8) & 0xFF) : .killed(by: signal)
        self.end = end
        for pipe in [outputPipe, errorPipe] where pipe >= 0 { close(pipe) }
        outputPipe = -1
        errorPipe = -1
        return end
    }

    private func readSome(until deadline: Deadline) throws {
        // A negative descriptor is passed over by poll(2).
        var both = [
            pollfd(fd: outputPipe, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorPipe, events: Int16(POLLIN), revents: 0),
        ]
        try deadline.wait(for: &both, "the program's output, so far \(outputText.suffix(500)) \(errorText.suffix(500))")
        if both[0].revents != 0 { Self.drain(&outputPipe, into: &output) }
        if both[1].revents != 0 { Self.drain(&errorPipe, into: &errors) }
    }

    private static func drain(_ pipe: inout Int32, into bytes: inout [UInt8]) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = read(pipe, &chunk, chunk.count)
        if count > 0 {
            bytes += chunk[..<count]
            return
        }
        if count < 0 && errno == EINTR { return }
        close(pipe)
        pipe = -1
    }
}
