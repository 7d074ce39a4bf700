import Glibc

/// Text as its UTF-8 bytes, for scanners. Everything that they look for is ASCII, and no byte of another character is.
typealias ByteText = UnsafeBufferPointer<UInt8>

extension ByteText {
    /// Where `needle` begins, at or after `start`.
    func find(_ needle: StaticString, from start: Int = 0) -> Int? {
        let length = needle.utf8CodeUnitCount
        var at = start
        while let base = baseAddress, at + length <= count {
            guard let hit = memchr(base + at, Int32(needle.utf8Start.pointee), count - length - at + 1) else {
                return nil
            }
            at = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
            if memcmp(base + at, needle.utf8Start, length) == 0 { return at }
            at += 1
        }
        return nil
    }

    func findLast(_ needle: StaticString) -> Int? {
        var last: Int?
        while let hit = find(needle, from: last.map { $0 + 1 } ?? 0) { last = hit }
        return last
    }

    /// Whether `text` stands at `place`, upper and lower case being one. `text` must be in lower case.
    func has(_ text: StaticString, at place: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard place >= 0, place + length <= count else { return false }
        for offset in 0..<length where self[place + offset].lowercased != text.utf8Start[offset] { return false }
        return true
    }

    /// Whether `text` stands at `place`, to the letter.
    func begins(with text: StaticString, at place: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard let base = baseAddress, place >= 0, place + length <= count else { return false }
        return memcmp(base + place, text.utf8Start, length) == 0
    }

    /// The first place at or after `start` where no blank is, be it one that forbids a break (U+00A0).
    func endOfBlanks(from start: Int) -> Int {
        var at = start
        while at < count {
            if self[at].isBlank {
                at += 1
            } else if self[at] == 0xC2, at + 1 < count, self[at + 1] == 0xA0 {
                at += 2
            } else {
                break
            }
        }
        return at
    }

    /// The place after the last byte before `end` that is no blank, nor part of one that forbids a break.
    func startOfBlanks(before end: Int, downTo least: Int) -> Int {
        var at = end
        while at > least {
            if self[at - 1].isBlank {
                at -= 1
            } else if self[at - 1] == 0xA0, at - 1 > least, self[at - 2] == 0xC2 {
                at -= 2
            } else {
                break
            }
        }
        return at
    }

    /// The first place at or after `start` whose byte is not of the kind; `count` at the end.
    func end(of kind: (UInt8) -> Bool, from start: Int) -> Int {
        var at = start
        while at < count, kind(self[at]) { at += 1 }
        return at
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 48 < 10 }
    var isLetter: Bool { (self | 0x20) &- 97 < 26 }
    var isHex: Bool { isDigit || (self | 0x20) &- 97 < 6 }
    /// Part of a word; any byte of a character beyond ASCII is.
    var isWord: Bool { isDigit || isLetter || self == UInt8(ascii: "_") || self >= 0x80 }
    var isBlank: Bool { self == 0x20 || self == 0x09 }
    var isSpace: Bool { isBlank || self == 0x0A || self == 0x0D }
    var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") || self == UInt8(ascii: "`") }
    var lowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
}
