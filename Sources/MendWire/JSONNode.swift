/// What a JSON value is.
package enum JSONKind: Sendable, Hashable {
    case null, bool, number, string, array, object

    /// With its article, as error messages have it: `an object`.
    package var words: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One entry of the tape. Values stand in the order of the text; a member is the node of its name and then its value.
struct JSONNode {
    enum Tag: UInt8 {
        case null, no, yes, number, string, array, object

        var kind: JSONKind {
            switch self {
            case .null: .null
            case .no, .yes: .bool
            case .number: .number
            case .string: .string
            case .array: .array
            case .object: .object
            }
        }
    }

    /// The first byte, quotes and brackets included.
    var start: UInt32
    /// After the last byte.
    var end: UInt32
    /// The node after this one and all that it holds. While a container is being parsed: the container around it.
    var next: UInt32
    /// From the lowest bit: three for the tag, one for the mark, and the rest for the count.
    private var packed: UInt32

    /// So many members or elements fit `packed`.
    static let maxCount = 1 << 28

    init(_ tag: Tag, start: Int, end: Int, next: Int, isMarked: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        packed = UInt32(tag.rawValue) | (isMarked ? 8 : 0)
    }

    @inline(__always) var tag: Tag { Tag(rawValue: UInt8(truncatingIfNeeded: packed & 7)) ?? .null }
    /// A string: it has escapes. A number: it has a fraction or an exponent.
    @inline(__always) var isMarked: Bool { packed & 8 != 0 }
    /// Members of an object, elements of an array.
    @inline(__always) var count: Int { Int(packed >> 4) }
    @inline(__always) mutating func countOneMore() { packed &+= 16 }
}
