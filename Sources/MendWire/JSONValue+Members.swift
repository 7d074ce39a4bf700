extension JSONValue {
    /// A member of an object.
    package struct Member: Sendable {
        /// The node of the name, a string.
        package let key: JSONValue
        /// Null, too, if that was sent.
        package let value: JSONValue
        /// The name with its escapes resolved.
        package var name: String { key.document.tape.string(key.index) }
    }

    /// The members of an object in the order in which they were sent. No array is made.
    package struct Members: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var key: Int
        private var left: Int

        init(_ object: JSONValue) {
            document = object.document
            key = object.index + 1
            left = object.kind == .object ? object.count : 0
        }

        package var underestimatedCount: Int { left }

        package mutating func next() -> Member? {
            guard left > 0 else { return nil }
            left -= 1
            let member = Member(
                key: JSONValue(document: document, index: key), value: JSONValue(document: document, index: key + 1))
            key = Int(document.tape.nodes[key + 1].next)
            return member
        }
    }

    /// The elements of an array in their order. No array is made.
    package struct Elements: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var index: Int
        private var left: Int

        init(_ array: JSONValue) {
            document = array.document
            index = array.index + 1
            left = array.kind == .array ? array.count : 0
        }

        package var underestimatedCount: Int { left }

        package mutating func next() -> JSONValue? {
            guard left > 0 else { return nil }
            left -= 1
            defer { index = Int(document.tape.nodes[index].next) }
            return JSONValue(document: document, index: index)
        }
    }

    /// Nothing if this is no object.
    package var members: Members { Members(self) }

    /// Nothing if this is no array.
    package var elements: Elements { Elements(self) }

    /// The first member of that name, if this is an object that has one.
    package subscript(name: String) -> JSONValue? {
        var name = name
        let value = name.withUTF8 { document.tape.member($0, of: index) }
        return value.map { JSONValue(document: document, index: $0) }
    }

    /// The name of the first member whose name came before in this object, escapes resolved on both sides.
    package var duplicateMember: String? {
        kind == .object ? document.tape.duplicate(in: index).map(document.tape.string) : nil
    }
}
