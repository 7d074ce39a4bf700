/// The bytes and nodes of a document, without a reference to it: whoever uses it holds the document.
struct JSONTape {
    let bytes: UnsafePointer<UInt8>
    let nodes: UnsafePointer<JSONNode>

    init(bytes: UnsafeMutablePointer<UInt8>, nodes: UnsafeMutablePointer<JSONNode>) {
        self.bytes = UnsafePointer(bytes)
        self.nodes = UnsafePointer(nodes)
    }

    /// The bytes of a node as they were sent.
    @inline(__always)
    func raw(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let node = nodes[index]
        return UnsafeBufferPointer(start: bytes + Int(node.start), count: Int(node.end &- node.start))
    }

    /// The bytes between the quotes of a string node, escapes not resolved.
    @inline(__always)
    func inner(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let node = nodes[index]
        return UnsafeBufferPointer(start: bytes + Int(node.start) + 1, count: Int(node.end &- node.start) - 2)
    }

    func text(_ index: Int) -> String {
        String(decoding: raw(index), as: UTF8.self)
    }

    /// The text of a string node, escapes resolved.
    func string(_ index: Int) -> String {
        let inner = inner(index)
        guard nodes[index].isMarked else { return String(decoding: inner, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: inner.count) { Escapes.resolve(inner, into: $0) }
    }

    /// The integer of a number node; nil if it has a fraction or an exponent, or does not fit.
    @inline(__always)
    func integer<I: FixedWidthInteger>(_ index: Int, as type: I.Type) -> I? {
        guard !nodes[index].isMarked else { return nil }
        let raw = raw(index)
        let isNegative = raw[0] == UInt8(ascii: "-")
        var value: I = 0
        for place in (isNegative ? 1 : 0)..<raw.count {
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            let digit = I(truncatingIfNeeded: raw[place] &- UInt8(ascii: "0"))
            // Downward for negative numbers, since the smallest has no positive counterpart.
            let (sum, overflowedToo) =
                isNegative
                ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            if overflowed || overflowedToo { return nil }
            value = sum
        }
        return value
    }
}
