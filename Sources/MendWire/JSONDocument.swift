/// One JSON text and the tape of its values. It is immutable, and one allocation beside itself.
///
/// The parser follows RFC 8259 strictly: UTF-8 is validated, control characters in strings, leading zeros and anything
/// after the value are refused. Half of a surrogate pair (`"\ud800"`), which the grammar allows, is refused too: it is
/// no character, and could not be handed on as UTF-8.
///
/// Sendable is unchecked because it holds pointers: to memory that it alone owns and that nobody writes after `init`.
package final class JSONDocument: @unchecked Sendable {
    /// The nesting that a message may have.
    package static let defaultMaxDepth = 512

    let tape: JSONTape
    /// Whether a CR or LF stands between tokens (they cannot stand in strings).
    let hasLineBreaks: Bool
    private let storage: UnsafeMutableRawPointer

    /// Copies the text and parses it. `maxDepth` is the number of arrays and objects that may be open at once.
    package init(
        parsing text: UnsafeRawBufferPointer, maxDepth: Int = JSONDocument.defaultMaxDepth
    ) throws(JSONSyntaxError) {
        guard let base = text.baseAddress, !text.isEmpty else {
            throw JSONSyntaxError(offset: 0, problem: .unexpectedEnd)
        }
        guard text.count <= JSONParser.maxBytes else {
            throw JSONSyntaxError(offset: JSONParser.maxBytes, problem: .tooLarge(limit: JSONParser.maxBytes))
        }
        var parser = JSONParser(base.assumingMemoryBound(to: UInt8.self), count: text.count, maxDepth: maxDepth)
        try parser.run()
        hasLineBreaks = parser.hasLineBreaks
        let (storage, nodes) = parser.finish()
        self.storage = storage
        tape = JSONTape(bytes: storage.assumingMemoryBound(to: UInt8.self), nodes: nodes)
    }

    /// See ``init(parsing:maxDepth:)-(UnsafeRawBufferPointer,_)``.
    package convenience init(
        parsing text: String, maxDepth: Int = JSONDocument.defaultMaxDepth
    ) throws(JSONSyntaxError) {
        // A copy, because an initialiser cannot run inside of `withUTF8`.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: text.utf8)
        try self.init(parsing: UnsafeRawBufferPointer(buffer), maxDepth: maxDepth)
    }

    deinit { storage.deallocate() }

    /// The value that the whole text is.
    package var root: JSONValue { JSONValue(document: self, index: 0) }
}
