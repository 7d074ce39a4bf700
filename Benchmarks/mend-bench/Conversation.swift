import Glibc

/// What is said on every connection of a load. A unit of work is one request, or several where each builds on the
/// answer to the one before.
protocol Conversation {
    /// An upper bound of a request's length in bytes.
    var longestRequest: Int { get }

    /// Writes the next request of a connection, and answers its length.
    mutating func ask(on connection: Int, into output: UnsafeMutableRawPointer) -> Int

    /// Judges the first answer in what a connection has received.
    mutating func hear(on connection: Int, _ input: UnsafeRawBufferPointer) -> Hearing
}

/// The judgement of an answer: only what is verified to be positive is good.
enum Hearing {
    case incomplete
    case good(length: Int, endsUnit: Bool)
    case bad
}

extension UnsafeRawBufferPointer {
    /// The length of the first line with its line feed; nil where it has not come whole.
    @inline(__always)
    func firstLine() -> Int? {
        guard let base = baseAddress, let end = memchr(base, 0x0A, count) else { return nil }
        return UnsafeRawPointer(end) - base + 1
    }

    @inline(__always)
    func starts(with text: StaticString) -> Bool {
        guard let base = baseAddress, count >= text.utf8CodeUnitCount else { return false }
        return memcmp(base, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    @inline(__always)
    func contains(_ text: StaticString) -> Bool {
        find(text) != nil
    }

    /// The digits after the first occurrence of `text`.
    func integer(after text: StaticString) -> Int? {
        guard let found = find(text) else { return nil }
        var position = found + text.utf8CodeUnitCount
        let start = position
        var value = 0
        while position < count, case let digit = self[position] &- 0x30, digit < 10 {
            value = value &* 10 &+ Int(digit)
            position += 1
        }
        return position > start ? value : nil
    }

    /// Where `text` first begins. The C library's own search is hidden from Swift.
    @inline(__always)
    private func find(_ text: StaticString) -> Int? {
        let length = text.utf8CodeUnitCount
        guard let base = baseAddress, length > 0, count >= length else { return nil }
        let first = text.utf8Start[0]
        for position in 0...count - length where base.load(fromByteOffset: position, as: UInt8.self) == first {
            if memcmp(base + position, text.utf8Start, length) == 0 { return position }
        }
        return nil
    }
}

extension UnsafeMutableRawPointer {
    /// Writes `bytes` here and answers their number.
    @inline(__always)
    func put(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { memcpy(self, base, source.count) }
            return source.count
        }
    }

    /// Writes a non-negative number in decimal digits here and answers their number.
    func put(decimal value: Int) -> Int {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        rest = value
        for position in stride(from: digits - 1, through: 0, by: -1) {
            storeBytes(of: UInt8(0x30 + rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
        return digits
    }
}
