/// What the decoder and all containers of one decoding share. It lives on one thread, for one call.
final class DecodingState {
    /// The members of the object that is being decoded. A value inside saves its parent's frame on the stack.
    struct Frame {
        /// The object's node, or -1 as long as the type has not asked for members.
        var object = -1
        /// A bit for each of the first 64 members, set once it was asked for.
        var asked: UInt64 = 0
        /// Where the next search begins: types mostly ask in the order in which members are sent.
        var cursor = 0
        var ordinal = 0
    }

    let document: JSONDocument
    let tape: JSONTape
    let base: Int
    let refusesUnknown: Bool
    let ignoring: [String]
    var frame = Frame()
    /// By object, the same bits for members from the 65th on.
    private var askedBeyond: [Int: [UInt64]] = [:]
    /// The object of which the names asked for are written down, or -1.
    private var recorded = -1
    private var recordedNames: [String] = []

    init(_ value: JSONValue, refusesUnknown: Bool, ignoring: [String]) {
        document = value.document
        tape = value.document.tape
        base = value.index
        self.refusesUnknown = refusesUnknown
        self.ignoring = ignoring
    }

    func decode<T: Decodable>(_ type: T.Type, at node: Int) throws(WireDecodingError) -> T {
        // These two are known to be T, and too frequent for a dynamic cast.
        if type == RawJSON.self { return unsafeBitCast(rawJSON(at: node), to: T.self) }
        if type == String.self { return unsafeBitCast(try string(at: node), to: T.self) }
        let outer = frame
        frame = Frame()
        defer { frame = outer }
        do {
            var value = try T(from: WireNodeDecoder(state: self, node: node))
            // A type without members asks for none, and so never opens its object.
            if frame.object < 0, node == base, tape.nodes[node].tag == .object { try openObject(node) }
            if frame.object >= 0, !hasAskedForAll { try settleUnknown(&value, node) }
            return value
        } catch let error as WireDecodingError {
            throw error
        } catch {
            throw translated(error, type, node)
        }
    }

    func openObject(_ node: Int) throws(WireDecodingError) {
        guard frame.object != node else { return }
        guard tape.nodes[node].tag == .object else { throw wrongType(node, "an object") }
        if let key = tape.duplicate(in: node) { throw givenTwice(key) }
        frame = Frame(object: node, cursor: node + 1)
    }

    /// The value of a member, or -1; the member then counts as asked for.
    func find(_ name: String, in object: Int) -> Int {
        if recorded == object { recordedNames.append(name) }
        return name.utf8.withContiguousStorageIfAvailable { find($0, in: object) }
            ?? Array(name.utf8).withUnsafeBufferPointer { find($0, in: object) }
    }

    @inline(__always)
    private func find(_ name: UnsafeBufferPointer<UInt8>, in object: Int) -> Int {
        let count = tape.nodes[object].count
        let isCurrent = frame.object == object
        var key = isCurrent ? frame.cursor : object + 1
        var ordinal = isCurrent ? frame.ordinal : 0
        for _ in 0..<count {
            let isMatch = tape.matches(key, name)
            let value = key + 1
            let found = ordinal
            key = Int(tape.nodes[value].next)
            ordinal += 1
            if ordinal == count {
                key = object + 1
                ordinal = 0
            }
            guard isMatch else { continue }
            if isCurrent {
                frame.cursor = key
                frame.ordinal = ordinal
                markAsked(found)
            }
            return value
        }
        return -1
    }

    @inline(__always)
    private func markAsked(_ ordinal: Int) {
        if ordinal < 64 {
            frame.asked |= 1 << UInt64(ordinal)
        } else {
            let words = (tape.nodes[frame.object].count + 63) / 64
            askedBeyond[frame.object, default: Array(repeating: 0, count: words)][ordinal / 64] |= 1 << (ordinal % 64)
        }
    }

    private var hasAskedForAll: Bool {
        // Never true for more than 64 members, which are then looked at one by one.
        frame.asked.nonzeroBitCount == tape.nodes[frame.object].count
    }
}

// MARK: - Unknown members

extension DecodingState {
    @inline(never)
    private func settleUnknown<T: Decodable>(_ value: inout T, _ node: Int) throws(WireDecodingError) {
        let keys = unknownKeys(of: frame.object)
        guard !keys.isEmpty else { return }
        if var keeper = value as? any KeepsUnknownMembers {
            for key in keys {
                let name = tape.string(key)
                keeper.ignored.append(name)
                // Names that differ in bytes can be equal as `String`s; one of them must not vanish.
                guard keeper.unknown.updateValue(rawJSON(at: key + 1), forKey: name) == nil else {
                    throw givenTwice(key)
                }
            }
            if let kept = keeper as? T { value = kept }
            return
        }
        guard refusesUnknown else { return }
        let path = path(keys[0])
        let parent = self.path(node)
        let message =
            parent.isEmpty ? "\(path) is not a parameter of this method" : "\(path) is not a member of \(parent)"
        throw WireDecodingError(.unknownMember, path: path, message: message, known: namesAsked(of: T.self, node))
    }

    /// The name nodes of members that were not asked for.
    private func unknownKeys(of object: Int) -> [Int] {
        let beyond = askedBeyond[object]
        var keys: [Int] = []
        var key = object + 1
        for ordinal in 0..<tape.nodes[object].count {
            let word = ordinal < 64 ? frame.asked : beyond?[ordinal / 64] ?? 0
            let isAsked = word >> (ordinal % 64) & 1 == 1
            if !isAsked, object != base || !ignoring.contains(where: { matches(key, $0) }) { keys.append(key) }
            key = Int(tape.nodes[key + 1].next)
        }
        return keys
    }

    private func matches(_ key: Int, _ name: String) -> Bool {
        var name = name
        return name.withUTF8 { tape.matches(key, $0) }
    }

    /// The names that a type asks for. They are not collected while decoding, which would cost every call, but by
    /// decoding once more when there is an error to report.
    private func namesAsked<T: Decodable>(of type: T.Type, _ node: Int) -> [String] {
        let again = DecodingState(JSONValue(document: document, index: base), refusesUnknown: false, ignoring: ignoring)
        again.recorded = node
        _ = try? T(from: WireNodeDecoder(state: again, node: node))
        var names: [String] = []
        for name in again.recordedNames where !names.contains(name) { names.append(name) }
        return names
    }
}

// MARK: - Scalars

extension DecodingState {
    func isNull(_ node: Int) -> Bool { tape.nodes[node].tag == .null }

    func rawJSON(at node: Int) -> RawJSON { RawJSON(JSONValue(document: document, index: node)) }

    func string(at node: Int) throws(WireDecodingError) -> String {
        guard tape.nodes[node].tag == .string else { throw wrongType(node, "a string") }
        return tape.string(node)
    }

    func bool(at node: Int) throws(WireDecodingError) -> Bool {
        switch tape.nodes[node].tag {
        case .yes: return true
        case .no: return false
        default: throw wrongType(node, "a boolean")
        }
    }

    @inline(__always)
    func integer<I: FixedWidthInteger>(at node: Int) throws(WireDecodingError) -> I {
        guard tape.nodes[node].tag == .number else { throw wrongType(node, "an integer") }
        guard let value = tape.integer(node, as: I.self) else {
            if tape.nodes[node].isMarked {
                let path = path(node)
                let message = "\(subject(path)) must be an integer, without fraction or exponent"
                throw WireDecodingError(.wrongType, path: path, message: message)
            }
            throw invalid(node, "is out of range (\(I.min) to \(I.max))")
        }
        return value
    }

    func floating<F: BinaryFloatingPoint & LosslessStringConvertible>(at node: Int) throws(WireDecodingError) -> F {
        guard tape.nodes[node].tag == .number else { throw wrongType(node, "a number") }
        guard let value = F(tape.text(node)), value.isFinite else { throw invalid(node, "is out of range") }
        return value
    }
}
