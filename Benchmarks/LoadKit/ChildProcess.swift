import Glibc

/// A program that was started here. It is ended by its process id alone.
package final class ChildProcess {
    package let name: String
    package let pid: pid_t
    /// The file that holds what the program printed.
    package let log: String
    private var status: Int32?

    /// Starts `arguments`, found by PATH, in a clean environment that holds `settings` beside what programs need.
    package init(_ arguments: [String], settings: [String: String] = [:], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        let kept = ["PATH", "HOME", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        let environment = kept + settings.map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        let code = Self.withCStrings(arguments) { argv in
            Self.withCStrings(environment) { envp in
                posix_spawnp(&pid, arguments[0], &actions, nil, argv, envp)
            }
        }
        guard code == 0 else { throw LoadFailure.system("cannot start \(arguments[0])", code) }
        self.name = arguments[0]
        self.pid = pid
        self.log = log
    }

    /// What a short program prints, without the space around it.
    package static func output(_ arguments: [String], log: String) throws -> String {
        let child = try ChildProcess(arguments, log: log)
        let status = try child.waitForEnd()
        let text = child.printed
        guard status == 0 else { throw LoadFailure("\(arguments[0]) ended with status \(status): \(text)") }
        return text
    }

    package var printed: String {
        var text = Substring(Text.file(log) ?? "")
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text.suffix(2_000))
    }

    package var isRunning: Bool {
        reap(WNOHANG)
        return status == nil
    }

    /// The exit status; 128 and the signal's number where a signal ended it.
    package func waitForEnd() throws -> Int32 {
        while true {
            if let status { return status }
            if Interruption.requested {
                stop()
                throw Interrupted()
            }
            reap(0)
        }
    }

    /// Asks the program to end, waits until it has, and answers its exit status.
    @discardableResult
    package func stop() -> Int32 {
        if isRunning { kill(pid, SIGTERM) }
        for _ in 0..<2_000 where isRunning { Clock.pause(milliseconds: 5) }
        if isRunning {
            Text.note("\(name) (\(pid)) did not end in 10 s and was killed")
            kill(pid, SIGKILL)
        }
        while status == nil { reap(0) }
        return status ?? 0
    }

    /// Ends it at once, as a crash does.
    package func crash() {
        if isRunning { kill(pid, SIGKILL) }
        while status == nil { reap(0) }
    }

    private func reap(_ options: Int32) {
        guard status == nil else { return }
        var word: Int32 = 0
        guard waitpid(pid, &word, options) == pid else { return }
        let signal = word & 0x7f
        status = signal == 0 ? (word >> 8) & 0xff : 128 + signal
    }

    private static func withCStrings<T>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(&copies)
    }
}
