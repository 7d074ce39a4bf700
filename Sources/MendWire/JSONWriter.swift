/// Appends JSON to bytes. It knows no structure: commas and brackets are the caller's.
package struct JSONWriter: Sendable {
    /// All that was written.
    package var bytes: [UInt8] = []

    /// Allocates nothing yet.
    package init() {}

    /// `capacity` in bytes.
    package init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Makes room for so many more bytes.
    package mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Begins anew, by default in the same memory.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }

    /// All that was written, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    @inline(__always)
    package mutating func writeByte(_ byte: UInt8) { bytes.append(byte) }

    /// As it is: the caller vouches that it is JSON where it stands.
    @inline(__always)
    package mutating func writeRaw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// As it is: the caller vouches that it is JSON where it stands.
    package mutating func writeRaw(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// As it is: the caller vouches that it is JSON where it stands.
    package mutating func writeRaw(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    /// As it is: the caller vouches that it is JSON where it stands.
    package mutating func writeRaw(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }

    /// On one line: raw line breaks, which can only stand between tokens, become spaces.
    package mutating func writeValue(_ value: JSONValue) {
        let start = bytes.count
        bytes.append(contentsOf: value.document.tape.raw(value.index))
        guard value.document.hasLineBreaks else { return }
        for place in start..<bytes.count where bytes[place] == 0x0A || bytes[place] == 0x0D { bytes[place] = 0x20 }
    }

    /// `null`
    package mutating func writeNull() { writeRaw("null") }

    /// `true` or `false`
    package mutating func writeBool(_ value: Bool) { value ? writeRaw("true") : writeRaw("false") }

    /// In decimal, to the last digit.
    package mutating func writeInteger(_ value: some FixedWidthInteger) {
        if let small = Int(exactly: value) {
            writeInt(small)
        } else {
            writeRaw(String(value))
        }
    }

    private mutating func writeInt(_ value: Int) {
        guard value < 0 || value > 9 else { return writeByte(UInt8(truncatingIfNeeded: 48 + value)) }
        // The smallest Int has 19 digits and a sign.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var at = 20
            var rest = value.magnitude
            repeat {
                at -= 1
                digits[at] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                at -= 1
                digits[at] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[at...]))
        }
    }

    /// The shortest text that reads back as the same number. False, and nothing written, for infinities and NaN, which
    /// JSON does not have.
    package mutating func writeDouble(_ value: Double) -> Bool {
        guard value.isFinite else { return false }
        writeRaw(value.description)
        return true
    }

    /// See ``writeDouble(_:)``; the text is the shortest for a `Float`.
    package mutating func writeFloat(_ value: Float) -> Bool {
        guard value.isFinite else { return false }
        writeRaw(value.description)
        return true
    }

    /// In quotes; control characters, quotes and backslashes escaped, and nothing else.
    package mutating func writeString(_ value: String) {
        var value = value
        value.withUTF8 { writeString($0) }
    }

    /// See ``writeString(_:)-(String)``. The bytes must be UTF-8.
    package mutating func writeString(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(0x22)
        if let start = utf8.baseAddress {
            var at = 0
            while true {
                let stop = PlainText.end(start, from: at, to: utf8.count, stopsAtNonASCII: false)
                bytes.append(contentsOf: UnsafeBufferPointer(start: start + at, count: stop - at))
                guard stop < utf8.count else { break }
                writeEscaped(utf8[stop])
                at = stop + 1
            }
        }
        bytes.append(0x22)
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22: writeRaw("\\\"")
        case 0x5C: writeRaw("\\\\")
        case 0x08: writeRaw("\\b")
        case 0x09: writeRaw("\\t")
        case 0x0A: writeRaw("\\n")
        case 0x0C: writeRaw("\\f")
        case 0x0D: writeRaw("\\r")
        default:
            writeRaw("\\u00")
            for digit in [byte >> 4, byte & 15] { writeByte(digit < 10 ? 48 + digit : 87 + digit) }
        }
    }

    /// Ends a message.
    package mutating func endLine() { writeByte(0x0A) }
}
