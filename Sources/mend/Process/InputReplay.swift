import CProcess
import Glibc

/// What a command reads from our standard input, given to each attempt from its beginning.
///
/// A file is read again from where it was. What comes from a pipe is written down in a file without a name while it is
/// passed on.
final class InputReplay {
    enum Source {
        /// The command has our standard input itself: a terminal, or nothing that is ever given twice.
        case inherited
        /// A file, from this place on.
        case file(from: off_t)
        case pipe
        /// Bytes of ours, in a file in memory.
        case given(Int32)
    }

    /// More of a pipe is not written down, and then there is no second attempt.
    static let mostBytes = 256 << 20

    let source: Source
    private var record: Int32 = -1
    private var recordedBytes = 0
    private var givenBytes = 0
    private var isAtEnd = false
    private(set) var isWhole = true
    private var pending: ArraySlice<UInt8> = []

    /// - Parameter isReplayed: whether there may be a second attempt.
    init(isReplayed: Bool) throws {
        var about = stat()
        guard isReplayed, fstat(0, &about) == 0 else {
            source = .inherited
            return
        }
        switch about.st_mode & S_IFMT {
        case S_IFREG: source = .file(from: lseek(0, 0, SEEK_CUR))
        case S_IFIFO, S_IFSOCK:
            source = .pipe
            record = try unnamedFile()
        default: source = .inherited
        }
    }

    /// Bytes instead of our standard input.
    init(_ bytes: some Collection<UInt8>) throws {
        // MFD_CLOEXEC, which glibc shows to programs that define _GNU_SOURCE only.
        let memory = memfd_create("input", 1)
        guard memory >= 0 else { throw SystemFailure("there is no memory for the command's input", errno) }
        source = .given(memory)
        guard Array(bytes).withUnsafeBytes({ writeAll($0, to: memory) }) else {
            throw SystemFailure("the command's input cannot be kept", errno)
        }
    }

    deinit {
        if record >= 0 { close(record) }
        if case .given(let memory) = source { close(memory) }
    }

    /// What the command has as its standard input, where that is neither ours nor a pipe.
    var descriptor: Int32? { if case .given(let memory) = source { memory } else { nil } }

    /// Begins from the beginning, for the next attempt.
    func rewind() {
        givenBytes = 0
        pending = []
        switch source {
        case .file(let start): lseek(0, start, SEEK_SET)
        case .given(let memory): lseek(memory, 0, SEEK_SET)
        case .inherited, .pipe: break
        }
    }

    /// Whether the next bytes have to come from our standard input.
    var mustRead: Bool { pending.isEmpty && givenBytes == recordedBytes && !isAtEnd }

    /// Whether all was given.
    var isDone: Bool { pending.isEmpty && givenBytes == recordedBytes && isAtEnd }

    /// Takes what there is on our standard input.
    func read() throws {
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            let count = Glibc.read(0, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { return }
            guard count >= 0 else { throw SystemFailure("standard input cannot be read", errno) }
            guard count > 0 else {
                isAtEnd = true
                return
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            pending = Array(bytes)[...]
            recordedBytes += count
            givenBytes += count
            if isWhole, recordedBytes > Self.mostBytes || !writeAll(bytes, to: record) { isWhole = false }
        }
    }

    /// Gives the command what there is for it.
    ///
    /// - Returns: whether it takes more.
    func give(to descriptor: Int32) throws -> Bool {
        if pending.isEmpty, givenBytes < recordedBytes { try readRecord() }
        guard !pending.isEmpty else { return true }
        let count = pending.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { pending = pending.dropFirst(count) }
        return count >= 0 || errno == EAGAIN || errno == EINTR
    }

    private func readRecord() throws {
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
            let wanted = min(buffer.count, recordedBytes - givenBytes)
            let count = pread(record, buffer.baseAddress, wanted, off_t(givenBytes))
            guard count > 0 else { throw SystemFailure("what was read before cannot be read again", errno) }
            pending = Array(UnsafeRawBufferPointer(rebasing: buffer[..<count]))[...]
            givenBytes += count
        }
    }
}

/// A file without a name, for what nobody else is to see; it is gone with us.
func unnamedFile() throws -> Int32 {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    // O_TMPFILE, which the importer cannot read (it is made of two others).
    let descriptor = open(directory, O_RDWR | O_CLOEXEC | 0o20000000 | O_DIRECTORY, 0o600)
    guard descriptor >= 0 else { throw SystemFailure("no temporary file can be made in \(directory)", errno) }
    return descriptor
}

/// - Returns: whether all of it was written.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count > 0 { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        if count < 0 {
            guard errno == EINTR || errno == EAGAIN else { return false }
            if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            }
        }
    }
    return true
}
