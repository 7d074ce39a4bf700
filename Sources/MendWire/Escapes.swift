/// Resolves the escapes of strings that the parser has accepted.
enum Escapes {
    /// Writes `inner` (what is between the quotes) without its escapes and returns the number of bytes, which is never
    /// larger than that of `inner`.
    static func resolve(_ inner: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var at = 0
        var written = 0
        func put(_ byte: some BinaryInteger) {
            out[written] = UInt8(truncatingIfNeeded: byte)
            written += 1
        }
        while at < inner.count {
            guard inner[at] == UInt8(ascii: "\\") else {
                put(inner[at])
                at += 1
                continue
            }
            let letter = inner[at + 1]
            guard letter == UInt8(ascii: "u") else {
                put(single(letter))
                at += 2
                continue
            }
            var scalar = unit(inner, at + 2)
            at += 6
            if scalar & 0xFC00 == 0xD800 {
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + (unit(inner, at + 2) & 0x3FF)
                at += 6
            }
            switch scalar {
            case ..<0x80:
                put(scalar)
            case ..<0x800:
                put(0xC0 | scalar >> 6)
                put(0x80 | scalar & 0x3F)
            case ..<0x10000:
                put(0xE0 | scalar >> 12)
                put(0x80 | scalar >> 6 & 0x3F)
                put(0x80 | scalar & 0x3F)
            default:
                put(0xF0 | scalar >> 18)
                put(0x80 | scalar >> 12 & 0x3F)
                put(0x80 | scalar >> 6 & 0x3F)
                put(0x80 | scalar & 0x3F)
            }
        }
        return written
    }

    private static func single(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func unit(_ inner: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
        var unit: UInt32 = 0
        for place in at..<at + 4 { unit = unit << 4 | (Hex.value(inner[place]) ?? 0) }
        return unit
    }
}
