/// Reads one JSON text into a copy of its bytes and a tape of nodes behind it, in one allocation.
///
/// It has no recursion: a container that is still open keeps its parent in its node, so deep nesting costs no stack.
struct JSONParser: ~Copyable {
    /// So that offsets and counts fit a node.
    static let maxBytes = JSONNode.maxCount - 1
    private static let none = -1

    let input: UnsafePointer<UInt8>
    let end: Int
    private let maxDepth: Int
    private(set) var hasLineBreaks = false

    private var storage: UnsafeMutableRawPointer
    private var nodes: UnsafeMutablePointer<JSONNode>
    private var count = 0
    private var capacity: Int

    /// The caller keeps `input` alive while the parser lives.
    init(_ input: UnsafePointer<UInt8>, count: Int, maxDepth: Int) {
        self.input = input
        end = count
        self.maxDepth = maxDepth
        // A guess that holds for most requests: names and values of eight bytes and more.
        capacity = count / 8 + 4
        (storage, nodes) = Self.allocate(textBytes: count, nodes: capacity)
        storage.copyMemory(from: input, byteCount: count)
    }

    deinit { storage.deallocate() }

    private static func allocate(
        textBytes: Int, nodes: Int
    ) -> (UnsafeMutableRawPointer, UnsafeMutablePointer<JSONNode>) {
        let nodesAt = (textBytes + 15) & ~15
        let storage = UnsafeMutableRawPointer.allocate(
            byteCount: nodesAt + nodes * MemoryLayout<JSONNode>.stride, alignment: 16)
        return (storage, (storage + nodesAt).assumingMemoryBound(to: JSONNode.self))
    }

    /// The text's copy, which the caller now owns, and the nodes behind it in the same allocation.
    consuming func finish() -> (storage: UnsafeMutableRawPointer, nodes: UnsafeMutablePointer<JSONNode>) {
        let result = (storage, nodes)
        discard self
        return result
    }

    mutating func run() throws(JSONSyntaxError) {
        var at = 0
        var open = Self.none
        var depth = 0
        while true {
            at = skipSpace(at)
            let first = byte(at)
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard depth < maxDepth else { throw JSONSyntaxError(offset: at, problem: .tooDeep(limit: maxDepth)) }
                depth += 1
                let isObject = first == UInt8(ascii: "{")
                open = append(JSONNode(isObject ? .object : .array, start: at, end: 0, next: open))
                at = skipSpace(at + 1)
                // '}' and ']' both stand two after their opening bracket in ASCII.
                guard byte(at) == first + 2 else {
                    if isObject { at = try name(at) }
                    continue
                }
            } else {
                at = try scalar(at, first)
                guard open != Self.none else { break }
                nodes[open].countOneMore()
                at = skipSpace(at)
            }
            at = try afterValue(at, &open, &depth)
            guard open != Self.none else { break }
        }
        at = skipSpace(at)
        guard at == end else { throw JSONSyntaxError(offset: at, problem: .trailingBytes) }
    }

    /// Closes what ends here, until another value must come (which it returns the place of) or nothing is open.
    @inline(__always)
    private mutating func afterValue(_ start: Int, _ open: inout Int, _ depth: inout Int) throws(JSONSyntaxError) -> Int
    {
        var at = start
        while true {
            let isObject = nodes[open].tag == .object
            let next = byte(at)
            if next == UInt8(ascii: ",") {
                at += 1
                return isObject ? try name(skipSpace(at)) : at
            }
            guard next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw failure(at, isObject ? .commaOrBraceExpected : .commaOrBracketExpected)
            }
            at += 1
            depth -= 1
            let parent = Int(Int32(bitPattern: nodes[open].next))
            nodes[open].end = UInt32(truncatingIfNeeded: at)
            nodes[open].next = UInt32(truncatingIfNeeded: count)
            open = parent
            guard open != Self.none else { return at }
            nodes[open].countOneMore()
            at = skipSpace(at)
        }
    }

    /// A member's name and its colon.
    @inline(__always)
    private mutating func name(_ at: Int) throws(JSONSyntaxError) -> Int {
        guard byte(at) == UInt8(ascii: "\"") else { throw failure(at, .nameExpected) }
        let colon = skipSpace(try string(at))
        guard byte(colon) == UInt8(ascii: ":") else { throw failure(colon, .colonExpected) }
        return colon + 1
    }

    @inline(__always)
    private mutating func scalar(_ at: Int, _ first: UInt8) throws(JSONSyntaxError) -> Int {
        switch first {
        case UInt8(ascii: "\""): return try string(at)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(at)
        case UInt8(ascii: "t"): return try literal("true", .yes, at)
        case UInt8(ascii: "f"): return try literal("false", .no, at)
        case UInt8(ascii: "n"): return try literal("null", .null, at)
        default: throw failure(at, .valueExpected)
        }
    }

    @inline(__always)
    private mutating func string(_ at: Int) throws(JSONSyntaxError) -> Int {
        let (stop, hasEscapes) = try scanString(at)
        append(JSONNode(.string, start: at, end: stop, next: count + 1, isMarked: hasEscapes))
        return stop
    }

    private mutating func literal(_ word: StaticString, _ tag: JSONNode.Tag, _ at: Int) throws(JSONSyntaxError) -> Int {
        for offset in 0..<word.utf8CodeUnitCount where byte(at + offset) != word.utf8Start[offset] {
            throw failure(at + offset, .valueExpected)
        }
        let stop = at + word.utf8CodeUnitCount
        append(JSONNode(tag, start: at, end: stop, next: count + 1))
        return stop
    }

    private mutating func number(_ start: Int) throws(JSONSyntaxError) -> Int {
        var at = start
        var isExact = true
        if byte(at) == UInt8(ascii: "-") { at += 1 }
        if byte(at) == UInt8(ascii: "0") {
            at += 1
            guard !isDigit(byte(at)) else { throw JSONSyntaxError(offset: at - 1, problem: .leadingZero) }
        } else {
            at = try digits(at)
        }
        if byte(at) == UInt8(ascii: ".") {
            isExact = false
            at = try digits(at + 1)
        }
        if byte(at) | 0x20 == UInt8(ascii: "e") {
            isExact = false
            at += 1
            if byte(at) == UInt8(ascii: "+") || byte(at) == UInt8(ascii: "-") { at += 1 }
            at = try digits(at)
        }
        append(JSONNode(.number, start: start, end: at, next: count + 1, isMarked: !isExact))
        return at
    }

    @inline(__always)
    private func digits(_ start: Int) throws(JSONSyntaxError) -> Int {
        var at = start
        while isDigit(byte(at)) { at += 1 }
        guard at > start else { throw failure(at, .badNumber) }
        return at
    }

    @discardableResult @inline(__always)
    private mutating func append(_ node: JSONNode) -> Int {
        if count == capacity { grow() }
        (nodes + count).initialize(to: node)
        count += 1
        return count - 1
    }

    @inline(never)
    private mutating func grow() {
        let (newStorage, newNodes) = Self.allocate(textBytes: end, nodes: capacity * 2)
        newStorage.copyMemory(from: storage, byteCount: end)
        newNodes.initialize(from: nodes, count: count)
        storage.deallocate()
        (storage, nodes) = (newStorage, newNodes)
        capacity *= 2
    }

    /// The byte, or zero (which no JSON text has outside of strings) at the end.
    @inline(__always)
    func byte(_ at: Int) -> UInt8 { at < end ? input[at] : 0 }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    func failure(_ at: Int, _ problem: JSONSyntaxError.Problem) -> JSONSyntaxError {
        JSONSyntaxError(offset: min(at, end), problem: at < end ? problem : .unexpectedEnd)
    }

    @inline(__always)
    private mutating func skipSpace(_ at: Int) -> Int {
        byte(at) > 0x20 ? at : skipSomeSpace(at)
    }

    @inline(never)
    private mutating func skipSomeSpace(_ start: Int) -> Int {
        var at = start
        while at < end {
            switch input[at] {
            case 0x20, 0x09: break
            case 0x0A, 0x0D: hasLineBreaks = true
            default: return at
            }
            at += 1
        }
        return at
    }
}
