/// The end of what a program wrote, in pieces: a line that is not indented, with what is indented below it.
enum Paragraphs {
    /// What stands before these is one piece.
    private static let most = 8

    /// Where the last pieces begin, the last one first; at the end the beginning of the text.
    static func lastStarts(in text: UnsafeBufferPointer<UInt8>) -> [Int] {
        var starts: [Int] = []
        var at = text.count - 1
        while at > 0, starts.count < most {
            if isLineEnd(text[at - 1]), !isBlank(text[at]) { starts.append(at) }
            at -= 1
        }
        return starts + [0]
    }

    /// Progress is written over itself with carriage returns.
    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || isLineEnd(byte) }
}
