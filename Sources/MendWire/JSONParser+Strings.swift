extension JSONParser {
    /// The place after the closing quote of the string whose opening quote is at `start`, and whether it has escapes.
    func scanString(_ start: Int) throws(JSONSyntaxError) -> (end: Int, hasEscapes: Bool) {
        var at = start + 1
        var hasEscapes = false
        while true {
            at = PlainText.end(input, from: at, to: end, stopsAtNonASCII: true)
            guard at < end else { throw failure(at, .unexpectedEnd) }
            switch input[at] {
            case UInt8(ascii: "\""):
                return (at + 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                at = try scanEscape(at)
            case 0..<0x20:
                throw failure(at, .controlCharacter)
            default:
                repeat { at = try scanMultibyte(at) } while byte(at) >= 0x80
            }
        }
    }

    /// `at` is the backslash; returns the place after the escape (after both halves of a surrogate pair).
    private func scanEscape(_ at: Int) throws(JSONSyntaxError) -> Int {
        switch byte(at + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return at + 2
        case UInt8(ascii: "u"):
            let unit = try hex4(at + 2)
            guard unit & 0xF800 == 0xD800 else { return at + 6 }
            guard unit < 0xDC00, byte(at + 6) == UInt8(ascii: "\\"), byte(at + 7) == UInt8(ascii: "u") else {
                throw failure(at, .loneSurrogate)
            }
            guard try hex4(at + 8) & 0xFC00 == 0xDC00 else { throw failure(at, .loneSurrogate) }
            return at + 12
        default:
            throw failure(at + 1, .badEscape)
        }
    }

    private func hex4(_ at: Int) throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for place in at..<at + 4 {
            guard let digit = Hex.value(byte(place)) else { throw failure(place, .badEscape) }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// One character of two to four bytes, by the table of RFC 3629 §4: no overlong forms, no surrogates, nothing
    /// beyond U+10FFFF.
    private func scanMultibyte(_ at: Int) throws(JSONSyntaxError) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch input[at] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw failure(at, .badUTF8)
        }
        guard second.contains(byte(at + 1)),
            length < 3 || byte(at + 2) & 0xC0 == 0x80,
            length < 4 || byte(at + 3) & 0xC0 == 0x80
        else { throw JSONSyntaxError(offset: at, problem: .badUTF8) }
        return at + length
    }
}

enum Hex {
    /// The value of a hexadecimal digit in either case.
    @inline(__always)
    static func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

enum PlainText {
    /// The first byte from `start` that cannot stand in a JSON string as it is (a control character, a quote, a
    /// backslash) or, if asked for, is not ASCII; `end` if there is none.
    ///
    /// Eight bytes at a time: each mask below has the top bit of a byte set where the byte is looked for. A borrow can
    /// set further bits above a hit, never below it, so the lowest bit is right.
    @inline(__always)
    static func end(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, stopsAtNonASCII: Bool) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var at = start
        while at &+ 8 <= end {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- (ones &* 0x20)) & ~word
            var hits = control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            if stopsAtNonASCII { hits |= word }
            hits &= tops
            if hits != 0 { return at &+ hits.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < end {
            let byte = bytes[at]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || (stopsAtNonASCII && byte >= 0x80) { return at }
            at &+= 1
        }
        return at
    }
}
