// Data about persons.
extension SecretScan {
    /// An e-mail address around the `@`: whoever it names, the failure is the same one without it.
    func email() -> Found? {
        var start = at
        while start > taken, Self.canBeInLocalPart(text[start - 1]) { start -= 1 }
        while start < at, text[start] == UInt8(ascii: ".") || text[start] == UInt8(ascii: "-") { start += 1 }
        guard start < at, text[start..<at].contains(where: { $0.isLetter || $0.isDigit }) else { return nil }
        // `scheme://user@host` is a host, and so is the `user@host:path` of git and scp.
        if start >= 3, text.begins(with: "://", at: start - 3) { return nil }
        var end = text.end(of: Self.canBeInDomain, from: at + 1)
        while end > at, text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "-") { end -= 1 }
        if end + 1 < text.count, text[end] == UInt8(ascii: ":"), !text[end + 1].isSpace,
            !Self.isAroundString(text[end + 1])
        {
            return nil
        }
        let domain = text[(at + 1)..<end]
        guard let dot = domain.lastIndex(of: UInt8(ascii: ".")), dot > at + 1, end - dot > 2,
            domain[(dot + 1)...].allSatisfy(\.isLetter), !Self.isUnit(domain[(dot + 1)...])
        else { return nil }
        // `icon@2x.png` is a picture for screens with twice the points.
        if text[at + 1].isDigit, text.has("x.", at: at + 2) { return nil }
        return isObject(text[start..<at], hash: domain) ? nil : (start..<end, .email)
    }

    /// `java.lang.Object@6d06d69c.wait`: a class and a hash code.
    private func isObject(_ type: Slice<ByteText>, hash: Slice<ByteText>) -> Bool {
        let name = type[(type.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? type.startIndex)...]
        guard let first = name.first, first &- 65 < 26 else { return false }
        return hash.prefix { $0 != UInt8(ascii: ".") }.allSatisfy(\.isHex)
    }

    private static func canBeInLocalPart(_ byte: UInt8) -> Bool {
        byte.isWord || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "%")
    }

    private static func canBeInDomain(_ byte: UInt8) -> Bool {
        byte.isWord && byte != UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    /// `getty@tty1.service` is an instance of a unit (systemd.unit(5)), `list@2.0.1.tgz` a file.
    private static func isUnit(_ suffix: Slice<ByteText>) -> Bool {
        unitSuffixes.contains { known in
            known.utf8CodeUnitCount == suffix.count
                && suffix.elementsEqual(UnsafeBufferPointer(start: known.utf8Start, count: known.utf8CodeUnitCount))
        }
    }

    private static let unitSuffixes: [StaticString] = [
        "service", "socket", "target", "timer", "mount", "automount", "swap", "path", "slice", "scope", "device",
        // Files.
        "png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "json", "html", "log", "gz", "tgz", "xz", "tar",
        "conf", "yaml", "yml", "txt",
    ]

    /// 14 to 16 digits, alone or in groups, of an issuer of cards and with their check digit (ISO/IEC 7812-1).
    func cardNumber() -> Found? {
        guard at == 0 || !Self.continuesNumber(text[at - 1]) else { return nil }
        var count = 0
        var end = at
        var place = at
        while place < text.count, count <= 16 {
            if text[place].isDigit {
                count += 1
                end = place + 1
            } else if text[place] != 0x20 && text[place] != UInt8(ascii: "-") || !text[place - 1].isDigit {
                break
            }
            place += 1
        }
        if end < text.count, text[end].isWord { return nil }
        if end + 1 < text.count, Self.continuesNumber(text[end]), text[end + 1].isWord { return nil }
        guard (14...16).contains(count) else { return nil }
        let digits = text[at..<end].filter(\.isDigit).map { $0 - 48 }
        return Self.isIssued(digits) && Self.hasCheckDigit(digits) ? (at..<end, .card) : nil
    }

    private static func continuesNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
    }

    /// The ranges of the large issuers and their lengths.
    private static func isIssued(_ digits: [UInt8]) -> Bool {
        let first = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
        return switch digits.count {
        case 14: (3000...3059).contains(first) || (3600...3699).contains(first) || (3800...3999).contains(first)
        case 15: (3400...3499).contains(first) || (3700...3799).contains(first)
        case 16:
            (4000...4999).contains(first) || (5100...5599).contains(first) || (2221...2720).contains(first)
                || first == 6011 || (6440...6599).contains(first) || (3528...3589).contains(first)
                || (6200...6299).contains(first)
        default: false
        }
    }

    /// Luhn's.
    private static func hasCheckDigit(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place.isMultiple(of: 2) ? Int(digit) : Int(digit) * 2
            sum += value > 9 ? value - 9 : value
        }
        return sum.isMultiple(of: 10)
    }
}
