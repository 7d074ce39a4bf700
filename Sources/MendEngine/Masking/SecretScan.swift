/// One pass over a text that finds what Mend knows to be secret or personal.
struct SecretScan {
    static let mark: StaticString = "[masked]"

    /// The text without its secrets; nothing where there are none.
    static func masked(_ text: String, noting found: inout [String]) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            var scan = SecretScan(text: bytes)
            scan.run()
            found += scan.found.map(\.rawValue)
            return scan.result
        }
    }

    typealias Found = (range: Range<Int>, detector: Detector)

    let text: ByteText
    private(set) var at = 0
    /// What is before this is in `out`.
    private(set) var taken = 0
    private var out: [UInt8] = []
    private var found: [Detector] = []

    private init(text: ByteText) { self.text = text }

    private var result: String? {
        guard taken > 0 else { return nil }
        return String(decoding: out + text[taken...], as: UTF8.self)
    }

    private mutating func run() {
        Self.beginnings.withUnsafeBufferPointer { beginnings in
            // Most bytes begin nothing: they are passed over in a register.
            var place = 0
            while place < text.count {
                let beginning = beginnings[Int(text[place])]
                guard beginning != .nothing, beginning != .ofWord || place == taken || !text[place - 1].isWord else {
                    place += 1
                    continue
                }
                at = place
                if let found = secret(at: text[place]) {
                    mask(found)
                    place = at
                } else {
                    place += 1
                }
            }
        }
    }

    /// What a byte can begin.
    private enum Beginning: UInt8 {
        case nothing, something
        /// Only at the beginning of a word.
        case ofWord
    }

    private static let beginnings: [Beginning] = (0...255).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "$"),
            UInt8(ascii: "%"), UInt8(ascii: "<"):
            .something
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "B"), UInt8(ascii: "b"), UInt8(ascii: "e"),
            UInt8(ascii: "P"), UInt8(ascii: "p"):
            .ofWord
        default: TokenForm.forms(beginningWith: UInt8(byte)).isEmpty ? .nothing : .ofWord
        }
    }

    private func secret(at byte: UInt8) -> Found? {
        switch byte {
        case UInt8(ascii: "="): valueAfterName(isColon: false)
        case UInt8(ascii: ":"): credentialsAroundColon() ?? valueAfterName(isColon: true)
        case UInt8(ascii: "-"): privateKey() ?? valueOfOption() ?? valueOfShortOption()
        case UInt8(ascii: "@"): passwordOfOracle() ?? email()
        case UInt8(ascii: "%"): valueAfterEncodedName()
        case UInt8(ascii: "<"): valueOfElement()
        case UInt8(ascii: "$"): passwordHash()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): cardNumber()
        case UInt8(ascii: "B"), UInt8(ascii: "b"): bearer() ?? basic() ?? valueIdentifiedBy() ?? token()
        case UInt8(ascii: "P"), UInt8(ascii: "p"): valueOfStatement() ?? token()
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): token()
        default: nil
        }
    }

    /// What the bytes on both sides of a colon tell.
    private func credentialsAroundColon() -> Found? {
        guard at + 1 < text.count else { return nil }
        let next = text[at + 1]
        if next == UInt8(ascii: "/") { return passwordOfURL() }
        if next.isDigit || next == UInt8(ascii: "*"), let found = passwordOfLine() { return found }
        return at > 0 && text[at - 1].isDigit ? tokenOfBot() : nil
    }

    private mutating func mask(_ found: Found) {
        let mark = found.detector.mark
        assert(taken <= found.range.lowerBound)
        out.append(contentsOf: text[taken..<found.range.lowerBound])
        out.append(contentsOf: UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
        self.found.append(found.detector)
        taken = found.range.upperBound
        at = max(taken, at + 1)
    }
}
