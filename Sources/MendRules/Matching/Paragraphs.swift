/// The end of what a program wrote, in pieces: a line that is not indented, with what is indented below it.
struct Paragraphs {
    /// What stands before these is one piece.
    private static let most = 8

    private let text: UnsafeBufferPointer<UInt8>
    private var at: Int
    private var found = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        at = text.count
    }

    /// Where the piece before the last one begins; at last 0, and then nothing.
    mutating func nextStart() -> Int? {
        guard at > 0 else { return nil }
        at -= 1
        while at > 0, found < Self.most {
            if Self.isLineEnd(text[at - 1]), !Self.isBlank(text[at]) {
                found += 1
                return at
            }
            at -= 1
        }
        at = 0
        return 0
    }

    /// Progress is written over itself with carriage returns.
    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || isLineEnd(byte) }
}
