import Glibc

/// Finds the lines in a stream of bytes, however reads have split or joined them.
///
/// A line ends with LF; a CR before it is dropped; lines without anything but white space are passed over. A line that
/// is longer than the limit is skipped to its LF. Take all frames with ``next(_:)`` after each ``append(_:)``: then no
/// more than the limit and one read is ever held.
package struct LineFramer: Sendable {
    /// What ``next(_:)`` finds.
    package enum Frame {
        /// Without its end; the bytes are good for the time of the call.
        case line(UnsafeRawBufferPointer)
        /// Told once a line, as soon as the limit is passed; the rest is then skipped as it comes.
        case tooLong
    }

    /// Buffers larger than this are given back when all is read: an idle connection should hold nothing.
    private static let keptCapacity = 4 << 10

    /// The end of the line is not counted.
    package let maxLineBytes: Int
    private var buffer: [UInt8] = []
    /// The first byte that was not handed out.
    private var head = 0
    /// The first byte in which no LF was looked for.
    private var scanned = 0
    private var isSkipping = false

    /// `maxLineBytes` does not count the end of the line.
    package init(maxLineBytes: Int) {
        self.maxLineBytes = maxLineBytes
    }

    /// Bytes that are held and were not handed out.
    package var bufferedBytes: Int { buffer.count - head }

    /// The memory that this takes.
    package var heldBytes: Int { buffer.capacity }

    /// After ``next(_:)`` has returned nil: whether a line has begun whose end has not come.
    package var hasPartialLine: Bool { isSkipping || bufferedBytes > 0 }

    /// Lets go of the line whose end has not come; the rest of it is skipped as it comes.
    package mutating func skipPartialLine() {
        guard bufferedBytes > 0 else { return }
        clear()
        isSkipping = true
    }

    /// Takes what was read.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var bytes = bytes
        if isSkipping {
            guard let lineFeed = Self.lineFeed(in: bytes) else { return }
            bytes = UnsafeRawBufferPointer(rebasing: bytes[(lineFeed + 1)...])
            isSkipping = false
        }
        makeRoom(bytes.count)
        buffer.append(contentsOf: bytes)
    }

    /// Hands the next line to `body` and returns what that returns; nil when no whole line is there.
    package mutating func next<R, E: Error>(_ body: (Frame) throws(E) -> R) throws(E) -> R? {
        while let end = nextLineFeed() {
            let start = head
            head = end + 1
            scanned = head
            let stop = end > start && buffer[end - 1] == 0x0D ? end - 1 : end
            guard stop - start <= maxLineBytes else { return try body(.tooLong) }
            guard !isBlank(start..<stop) else { continue }
            // Not at the next call: that may be when there is room for the next line again.
            defer { if head == buffer.count { clear() } }
            return try buffer.withUnsafeBufferPointer { bytes throws(E) in
                try body(.line(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start..<stop]))))
            }
        }
        scanned = buffer.count
        // The CR of an end that has not come whole is not counted.
        let length = bufferedBytes - (buffer.last == 0x0D ? 1 : 0)
        guard length > maxLineBytes else {
            if bufferedBytes == 0 { clear() }
            return nil
        }
        clear()
        isSkipping = true
        return try body(.tooLong)
    }

    private func nextLineFeed() -> Int? {
        buffer.withUnsafeBytes { bytes in
            Self.lineFeed(in: UnsafeRawBufferPointer(rebasing: bytes[scanned...])).map { $0 + scanned }
        }
    }

    private static func lineFeed(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    private func isBlank(_ range: Range<Int>) -> Bool {
        range.allSatisfy { buffer[$0] == 0x20 || buffer[$0] == 0x09 || buffer[$0] == 0x0D }
    }

    private mutating func clear() {
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacity)
        head = 0
        scanned = 0
    }

    private mutating func makeRoom(_ count: Int) {
        if head == buffer.count { clear() }
        guard buffer.count + count > buffer.capacity else { return }
        buffer.removeSubrange(..<head)
        scanned -= head
        head = 0
        let needed = buffer.count + count
        guard needed > buffer.capacity else { return }
        // Doubling, as an array does, but never past what the limit allows.
        buffer.reserveCapacity(max(needed, min(buffer.capacity * 2, maxLineBytes + count)))
    }
}
