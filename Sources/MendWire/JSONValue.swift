/// One value of a document. Copying it copies a reference and an index.
package struct JSONValue: Sendable {
    /// The document that it is part of, and keeps alive.
    package let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    /// `{}`: what a request without `params` is decoded from.
    package static let emptyObject: JSONValue = literal("{}")

    static func literal(_ text: StaticString) -> JSONValue {
        do throws(JSONSyntaxError) {
            let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            return try JSONDocument(parsing: bytes).root
        } catch {
            preconditionFailure("\(text) is not JSON: \(error)")
        }
    }

    /// What it is.
    package var kind: JSONKind { document.tape.nodes[index].tag.kind }

    /// Members of an object, elements of an array, otherwise 0.
    package var count: Int { document.tape.nodes[index].count }

    /// The exact text that was sent.
    package var rawText: String { document.tape.text(index) }

    /// The bytes that were sent, for the time of the call.
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(document) {} }
        return try body(UnsafeRawBufferPointer(document.tape.raw(index)))
    }

    /// Whether this is `null`.
    package var isNull: Bool { document.tape.nodes[index].tag == .null }

    /// `true` or `false`; nil for any other kind.
    package var boolValue: Bool? {
        switch document.tape.nodes[index].tag {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    /// A string with its escapes resolved.
    package var stringValue: String? {
        document.tape.nodes[index].tag == .string ? document.tape.string(index) : nil
    }

    /// A number without fraction and exponent that fits.
    package var integerValue: Int? {
        document.tape.nodes[index].tag == .number ? document.tape.integer(index, as: Int.self) : nil
    }

    /// Whether this is a string that is `name`, escapes resolved.
    package func matches(_ name: StaticString) -> Bool {
        document.tape.nodes[index].tag == .string && document.tape.matches(index, name)
    }

    /// Where it stands in its document: `params.items[3]`; empty for the root.
    package var path: String { document.tape.path(of: index) }

    /// Where it stands below one of the values that hold it.
    package func path(below base: JSONValue) -> String { document.tape.path(of: index, below: base.index) }
}

extension JSONDocument {
    /// See ``JSONValue/path``.
    package func path(of value: JSONValue) -> String { tape.path(of: value.index) }
}
