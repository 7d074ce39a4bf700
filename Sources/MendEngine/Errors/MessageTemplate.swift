/// A message with its variable parts taken out: what two occurrences of one problem have in common.
///
/// `connect to 10.0.0.7:5432 failed after 31 ms` becomes `connect to <ip> failed after <num> ms`. One pass over the bytes,
/// and no further than the template may be long.
struct MessageTemplate {
    /// Bytes of a template. What comes after is most often the variable part of a long message.
    static let maxBytes = 200
    /// Bytes that are looked at, so that no message takes long.
    private static let maxScanned = 4096

    static func of(_ message: String) -> String {
        var message = message
        return message.withUTF8 { bytes in
            var scanner = MessageTemplate(text: ByteText(rebasing: bytes.prefix(Self.maxScanned)))
            scanner.run()
            return scanner.result
        }
    }

    private let text: ByteText
    private var at = 0
    private var out: [UInt8] = []

    private init(text: ByteText) {
        self.text = text
        out.reserveCapacity(min(text.count, Self.maxBytes) + 16)
    }

    private var result: String {
        var length = min(out.count, Self.maxBytes)
        // A character of several bytes is not cut in two.
        while length < out.count, length > 0, out[length] & 0xC0 == 0x80 { length -= 1 }
        while length > 0, out[length - 1] == 0x20 { length -= 1 }
        return String(decoding: out[..<length], as: UTF8.self)
    }

    private mutating func run() {
        // A little further, so that a character at the end is there as a whole or is seen to be cut.
        while at < text.count, out.count < Self.maxBytes + 4 {
            let byte = text[at]
            if byte.isSpace {
                if let last = out.last, last != 0x20 { out.append(0x20) }
                at = text.end(of: \.isSpace, from: at)
            } else if at > 0, text[at - 1].isWord {
                byte.isDigit ? takeNumber() : keep()
            } else if let (end, name) = variable(byte) {
                put(name)
                at = end
            } else {
                byte.isDigit ? takeNumber() : keep()
            }
        }
    }

    private mutating func keep() {
        out.append(text[at])
        at += 1
    }

    private mutating func put(_ name: StaticString) {
        out.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Digits wherever they stand, versions and decimals as one: `worker12` and `1.2.3` have one number each.
    private mutating func takeNumber() {
        put("<num>")
        at = text.end(of: \.isDigit, from: at)
        while at + 1 < text.count, text[at] == UInt8(ascii: "."), text[at + 1].isDigit {
            at = text.end(of: \.isDigit, from: at + 1)
        }
    }

    /// What begins here as a whole, at the beginning of a word.
    private func variable(_ byte: UInt8) -> (end: Int, name: StaticString)? {
        if byte.isQuote { return quoted(byte).map { ($0, "<str>") } }
        if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "~") || byte == UInt8(ascii: ".") {
            return path().map { ($0, "<path>") }
        }
        if byte == UInt8(ascii: ":") { return addressV6().map { ($0, "<ip>") } }
        if byte.isLetter, let end = url() { return (end, "<url>") }
        guard byte.isHex else { return nil }
        if let end = uuid() { return (end, "<uuid>") }
        if byte.isDigit {
            if let end = timestamp() { return (end, "<time>") }
            if let end = addressV4() { return (end, "<ip>") }
            if let end = duration() { return (end, "<duration>") }
        }
        if let end = addressV6() { return (end, "<ip>") }
        return hexadecimal().map { ($0, "<hex>") }
    }
}

// MARK: - What varies

extension MessageTemplate {
    private func isWordEnd(_ end: Int) -> Bool { end >= text.count || !text[end].isWord }

    /// Closed on its line, and not by an apostrophe inside a word.
    private func quoted(_ quote: UInt8) -> Int? {
        var end = at + 1
        while end < text.count, text[end] != 0x0A {
            if text[end] == quote, isWordEnd(end + 1) { return end + 1 }
            end += text[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// `/…`, `~/…`, `./…` and `../…`.
    private func path() -> Int? {
        var start = at
        if text[start] == UInt8(ascii: "~") { start += 1 }
        while start < text.count, text[start] == UInt8(ascii: "."), start < at + 2 { start += 1 }
        guard start + 1 < text.count, text[start] == UInt8(ascii: "/"), Self.isPath(text[start + 1]) else { return nil }
        var end = text.end(of: Self.isPath, from: start)
        while text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return end
    }

    private static func isPath(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "@"),
            UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: "#"), UInt8(ascii: "="):
            true
        default: byte.isWord
        }
    }

    private func url() -> Int? {
        let colon = text.end(of: { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") }, from: at)
        guard text.has("://", at: colon) else { return nil }
        var end = text.end(
            of: {
                !$0.isSpace && !$0.isQuote && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
                    && $0 != UInt8(ascii: ")") && $0 != UInt8(ascii: ",")
            }, from: colon)
        while text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: ":") { end -= 1 }
        return end
    }

    private func uuid() -> Int? {
        var end = at
        for (group, length) in [8, 4, 4, 4, 12].enumerated() {
            if group > 0 {
                guard end < text.count, text[end] == UInt8(ascii: "-") else { return nil }
                end += 1
            }
            let stop = min(end + length, text.count)
            guard stop - end == length, text[end..<stop].allSatisfy(\.isHex) else { return nil }
            end = stop
        }
        return isWordEnd(end) ? end : nil
    }

    /// `0x…`, or eight hexadecimal digits and more of which one is a digit and one is a letter.
    private func hexadecimal() -> Int? {
        let isMarked = text.has("0x", at: at)
        let start = isMarked ? at + 2 : at
        let end = text.end(of: \.isHex, from: start)
        guard isWordEnd(end) else { return nil }
        if isMarked { return end > start ? end : nil }
        let digits = text[start..<end]
        return digits.count >= 8 && digits.contains(where: \.isDigit) && digits.contains(where: \.isLetter) ? end : nil
    }

    /// Four numbers, and a port or a mask.
    private func addressV4() -> Int? {
        var end = at
        for part in 0..<4 {
            if part > 0 {
                guard end < text.count, text[end] == UInt8(ascii: ".") else { return nil }
                end += 1
            }
            let stop = text.end(of: \.isDigit, from: end)
            guard (1...3).contains(stop - end) else { return nil }
            end = stop
        }
        if end < text.count, text[end] == UInt8(ascii: ":") || text[end] == UInt8(ascii: "/") {
            let stop = text.end(of: \.isDigit, from: end + 1)
            if stop > end + 1 { end = stop }
        }
        // A fifth number: it is a version.
        if end + 1 < text.count, text[end] == UInt8(ascii: "."), text[end + 1].isDigit { return nil }
        return isWordEnd(end) ? end : nil
    }

    /// Groups of hexadecimal digits with seven colons, or fewer where one is doubled; `a::b` without a digit is a name.
    private func addressV6() -> Int? {
        let end = text.end(of: { $0.isHex || $0 == UInt8(ascii: ":") }, from: at)
        guard end - at > 2, isWordEnd(end), text[at..<end].contains(where: \.isDigit) else { return nil }
        var colons = 0
        var isShortened = false
        var group = 0
        for place in at..<end {
            guard text[place] == UInt8(ascii: ":") else {
                group += 1
                if group > 4 { return nil }
                continue
            }
            colons += 1
            if group == 0, place > at { isShortened = true }
            group = 0
        }
        return colons == 7 || (colons < 7 && colons > 1 && isShortened) ? end : nil
    }

    /// A date, a time of day, or both with fraction and zone.
    private func timestamp() -> Int? {
        if let date = digits([4, 2, 2], at, "-") ?? digits([4, 2, 2], at, "/") {
            guard date < text.count else { return date }
            let separator = text[date]
            if separator == UInt8(ascii: "T") || separator == 0x20, let time = timeOfDay(date + 1) { return time }
            return isWordEnd(date) ? date : nil
        }
        return timeOfDay(at)
    }

    private func timeOfDay(_ start: Int) -> Int? {
        guard var end = digits([2, 2, 2], start, ":") else { return nil }
        if end + 1 < text.count, text[end] == UInt8(ascii: ".") || text[end] == UInt8(ascii: ","), text[end + 1].isDigit
        {
            end = text.end(of: \.isDigit, from: end + 1)
        }
        guard end < text.count else { return end }
        if text[end] == UInt8(ascii: "Z") { return end + 1 }
        if text[end] == UInt8(ascii: "+") || text[end] == UInt8(ascii: "-") {
            return digits([2, 2], end + 1, ":") ?? digits([4], end + 1, ":") ?? end
        }
        return end
    }

    /// Where groups of so many digits end that begin at `start`.
    private func digits(_ groups: [Int], _ start: Int, _ separator: Unicode.Scalar) -> Int? {
        var end = start
        for (group, length) in groups.enumerated() {
            if group > 0 {
                guard end < text.count, text[end] == UInt8(ascii: separator) else { return nil }
                end += 1
            }
            guard text.end(of: \.isDigit, from: end) == end + length else { return nil }
            end += length
        }
        return end
    }

    /// `30s`, `1.5ms`, `1h2m3s`.
    private func duration() -> Int? {
        var end = at
        repeat {
            end = text.end(of: { $0.isDigit || $0 == UInt8(ascii: ".") }, from: end)
            let unit = end
            end = text.end(of: { $0.isLetter || $0 >= 0x80 }, from: end)
            guard Self.units.contains(where: { $0.utf8CodeUnitCount == end - unit && text.has($0, at: unit) }) else {
                return nil
            }
        } while end < text.count && text[end].isDigit
        return isWordEnd(end) ? end : nil
    }

    private static let units: [StaticString] = [
        "ns", "us", "µs", "ms", "s", "m", "h", "d", "sec", "secs", "min", "mins", "seconds", "minutes", "hours", "days",
    ]
}
