import CProcess
import Glibc
import MendWire

/// What journalctl(1) prints, entry by entry.
///
/// libsystemd would be the shorter way, but there is no static library of it, and this program is linked statically so that
/// it starts fast.
final class Journalctl {
    /// The fields that are asked for; those whose names begin with two underscores come always.
    private static let fields = [
        "MESSAGE", "MESSAGE_ID", "UNIT", "INVOCATION_ID", "UNIT_RESULT", "EXIT_CODE", "EXIT_STATUS", "JOB_RESULT",
        "JOB_TYPE", "COREDUMP_UNIT", "COREDUMP_SIGNAL", "_PID", "_SYSTEMD_SLICE", "_SYSTEMD_UNIT",
        "_SYSTEMD_INVOCATION_ID",
    ]
    /// A longer entry is passed over; the longest that is of any use, a core dump with its stack, is far shorter.
    private static let mostLineBytes = 4 << 20

    private let child: ChildProcess
    private let pipe: Pipe
    private let signals: ForwardedSignals
    private var buffer: [UInt8] = []
    private var isPassingOver = false
    private var hasEnded = false

    enum Next {
        case entry(JournalEntry)
        case end
        /// Somebody asks for an end.
        case signal(Int32)
    }

    /// - Parameter arguments: which entries, in which order.
    init(_ arguments: [String], signals: ForwardedSignals) throws {
        self.signals = signals
        pipe = try Pipe()
        let program = getenv("MEND_JOURNALCTL").map { String(cString: $0) } ?? "journalctl"
        let words = [
            program, "--output=json", "--all", "--no-pager", "--output-fields=\(Self.fields.joined(separator: ","))",
        ]
        child = try ChildProcess.start(
            words + arguments, streams: ChildProcess.Streams(output: pipe.writing), takesTerminal: false)
        pipe.closeWriting()
    }

    deinit { if !hasEnded { end() } }

    /// Waits for the next entry.
    func next() throws -> Next {
        while true {
            if let line = takeLine() {
                // What is no object is said to people, such as that there is nothing.
                guard line.first == UInt8(ascii: "{") else { continue }
                if let entry = JournalEntry(line) { return .entry(entry) }
                continue
            }
            if hasEnded { return .end }
            if let signal = try fill() { return .signal(signal) }
        }
    }

    /// All that there are.
    func all() throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        while true {
            switch try next() {
            case .entry(let entry): entries.append(entry)
            case .end: return entries
            case .signal(let signal): throw JournalInterrupted(signal: signal)
            }
        }
    }

    private func takeLine() -> ArraySlice<UInt8>? {
        while let lineFeed = buffer.firstIndex(of: 0x0A) {
            let line = buffer[..<lineFeed]
            buffer.removeFirst(lineFeed + 1)
            if !isPassingOver { return line }
            isPassingOver = false
        }
        if buffer.count > Self.mostLineBytes {
            buffer.removeAll()
            isPassingOver = true
        }
        return nil
    }

    /// - Returns: the signal by which somebody asks for an end.
    private func fill() throws -> Int32? {
        var ready = [
            pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        poll(&ready, 2, -1)
        while let number = signals.next() { if ForwardedSignals.ending.contains(number) { return number } }
        guard ready[0].revents != 0 else { return nil }
        let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { chunk in
            let count = read(pipe.reading, chunk.baseAddress, chunk.count)
            if count > 0 { buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count])) }
            return count
        }
        if count < 0, errno == EINTR || errno == EAGAIN { return nil }
        guard count <= 0 else { return nil }
        hasEnded = true
        let end = child.reap()
        guard end.status == 0 else {
            throw UsageError(
                "journalctl ended with status \(end.status), so the journal could not be read",
                hint: "it says why itself; members of the group systemd-journal may read all of the journal")
        }
        return nil
    }

    private func end() {
        child.signal(SIGKILL)
        _ = child.reap()
    }
}

/// Somebody asked for an end while the journal was read.
struct JournalInterrupted: Error {
    let signal: Int32
}
