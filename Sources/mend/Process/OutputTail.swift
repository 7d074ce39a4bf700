/// The end of what a command wrote: its last lines say why it failed.
struct OutputTail {
    private let limit: Int
    private var bytes: [UInt8] = []
    private var isCut = false

    /// - Parameter limit: bytes that are kept.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
        guard bytes.count > 2 * limit else { return }
        bytes.removeFirst(bytes.count - limit)
        isCut = true
    }

    /// From the beginning of a line where something was left out before it. What is not UTF-8 is replaced by U+FFFD.
    var text: String {
        var end = bytes.suffix(limit)
        if isCut || end.count < bytes.count, let lineFeed = end.firstIndex(of: 0x0A) { end = end[(lineFeed + 1)...] }
        return String(decoding: end, as: UTF8.self)
    }

    /// The last line that says anything.
    var lastLine: String? {
        text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }
}
