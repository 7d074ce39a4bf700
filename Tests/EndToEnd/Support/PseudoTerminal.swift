import Dispatch
import Glibc
import Synchronization

/// A terminal that programs can be run at, and what they have written on it.
final class PseudoTerminal {
    /// Takes what is written, so that who writes does not wait.
    private final class Reader: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        /// Signalled with each piece, and at the end.
        private let arrival = DispatchSemaphore(value: 0)
        private let end = DispatchSemaphore(value: 0)

        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        func run(_ descriptor: Int32) {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                // EIO once nobody has the other side any more (pty(7)).
                guard count > 0 else { break }
                bytes.withLock { $0 += chunk[..<count] }
                arrival.signal()
            }
            close(descriptor)
            end.signal()
        }

        func waitForMore() throws {
            guard arrival.wait(timeout: .now() + 30) == .success else { throw Failure("nothing more came: \(text)") }
        }

        func waitForEnd() throws {
            guard end.wait(timeout: .now() + 30) == .success else { throw Failure("somebody still has the terminal") }
        }
    }

    private let path: String
    private let master: Int32
    private var slave: Int32
    private let reader = Reader()

    init(columns: Int = 80, lines: Int = 24) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard master >= 0 else { throw Failure.system("open /dev/ptmx") }
        // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): posix_openpt(3) and its like are not in the module Glibc.
        var (lock, number): (Int32, Int32) = (0, 0)
        guard ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Failure.system("ioctl of /dev/ptmx")
        }
        path = "/dev/pts/\(number)"
        // Without it the terminal would be gone whenever no program has it.
        slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw Failure.system("open \(path)") }
        resize(columns: columns, lines: lines)
        let (reader, descriptor) = (reader, master)
        DispatchQueue(label: "pty").async { reader.run(descriptor) }
    }

    deinit { if slave >= 0 { close(slave) } }

    func resize(columns: Int, lines: Int) {
        var size = winsize(ws_row: UInt16(lines), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    }

    /// Runs a program at it.
    func start(_ words: [String], environment: [String: String]) throws -> Child {
        var environment = environment
        environment["TERM"] = "xterm-256color"
        return try Child(
            ["/bin/sh", "-c", "exec \"$@\" <\(path) >\(path) 2>&1", "sh"] + words, environment: environment)
    }

    func type(_ keys: String) { _ = keys.withCString { write(master, $0, strlen($0)) } }

    /// What has been written so far.
    var text: String { reader.text }

    func wait(until isThere: (String) -> Bool) throws {
        while !isThere(text) { try reader.waitForMore() }
    }

    /// Whether keys come line by line and are shown, as a shell finds it.
    var isCooked: Bool {
        var settings = termios()
        tcgetattr(slave, &settings)
        return settings.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO)
    }

    /// Everything that was written; no program may have it any more.
    func finish() throws -> String {
        close(slave)
        slave = -1
        try reader.waitForEnd()
        return text
    }
}
