import Glibc

/// Reads a file, or standard input where it is `-`, line by line: no more than a line and one read is ever held.
final class LineReader {
    private static let readBytes = 256 << 10

    /// Of the line that was read last, from 1 on; empty lines count.
    private(set) var number = 0
    /// What is known to be there; nothing of a pipe.
    let size: Int64?
    /// Bytes that were handed out.
    private(set) var position: Int64 = 0
    private let path: String
    private let descriptor: Int32
    private let maxLineBytes: Int
    private var buffer: [UInt8] = []
    private var head = 0
    private var isAtEnd = false

    /// The next line is longer than may be.
    struct TooLong: Error {}

    init(_ path: String, maxLineBytes: Int) throws {
        self.path = path
        self.maxLineBytes = maxLineBytes
        descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Input.failure(path, errno) }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int64(status.st_size) : nil
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// How much of it was handed out, where that is known.
    var share: Double? { size.map { $0 > 0 ? Double(position) / Double($0) : 1 } }

    /// The next line without its end; nil when there is none. The last one may be without an end.
    func next() throws -> ArraySlice<UInt8>? {
        var scanned = head
        while true {
            if let end = lineFeed(from: scanned) {
                return try take(upTo: end, dropping: 1)
            }
            if isAtEnd { return head < buffer.count ? try take(upTo: buffer.count, dropping: 0) : nil }
            scanned = buffer.count - head
            guard scanned <= maxLineBytes else {
                number += 1
                throw TooLong()
            }
            buffer.removeFirst(head)
            head = 0
            try fill()
        }
    }

    private func take(upTo end: Int, dropping ending: Int) throws -> ArraySlice<UInt8> {
        number += 1
        defer {
            position += Int64(end + ending - head)
            head = end + ending
        }
        guard end - head <= maxLineBytes else { throw TooLong() }
        return buffer[head..<end]
    }

    private func lineFeed(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 0x0A, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private func fill() throws {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.readBytes))
        var count: Int
        repeat {
            count = buffer.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress.map { $0 + start }, Self.readBytes)
            }
        } while count < 0 && errno == EINTR
        let number = errno
        buffer.removeLast(Self.readBytes - max(count, 0))
        guard count >= 0 else { throw Input.failure(path, number) }
        isAtEnd = count == 0
    }
}
