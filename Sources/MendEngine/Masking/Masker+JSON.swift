import MendWire

extension Masker {
    /// The value without its secrets, everything else as it was sent, to the byte; nothing where there are none.
    ///
    /// Strings are masked as text is; and of a member with a secret's name all of the value, whatever its kind.
    func masked(_ json: RawJSON) throws -> RawJSON? {
        var rewriting = Rewriting(try json.document.root, masker: self)
        rewriting.look(at: rewriting.root)
        return rewriting.result
    }

    private struct Rewriting {
        let root: JSONValue
        private let masker: Masker
        private var taken = 0
        private var writer = JSONWriter()

        init(_ root: JSONValue, masker: Masker) {
            self.root = root
            self.masker = masker
        }

        var result: RawJSON? {
            guard taken > 0 else { return nil }
            var writer = writer
            root.withRawBytes { writer.writeRaw(UnsafeRawBufferPointer(rebasing: $0[taken...])) }
            return RawJSON(unchecked: writer.text)
        }

        mutating func look(at value: JSONValue) {
            switch value.kind {
            case .object:
                for member in value.members {
                    look(at: member.key)
                    if hidesValue(of: member) {
                        put(String(describing: SecretScan.mark), for: member.value)
                    } else {
                        look(at: member.value)
                    }
                }
            case .array: for element in value.elements { look(at: element) }
            case .string:
                if let text = value.stringValue, let masked = masker.masked(text) { put(masked, for: value) }
            case .null, .bool, .number: break
            }
        }

        /// Null and true or false are no secrets.
        private func hidesValue(of member: JSONValue.Member) -> Bool {
            switch member.value.kind {
            case .null, .bool: false
            case .number, .string, .array, .object: Masker.isSecret(name: member.name)
            }
        }

        private mutating func put(_ text: String, for value: JSONValue) {
            root.withRawBytes { whole in
                value.withRawBytes { part in
                    guard let base = whole.baseAddress, let start = part.baseAddress else { return }
                    writer.writeRaw(UnsafeRawBufferPointer(rebasing: whole[taken..<start - base]))
                    taken = start - base + part.count
                }
            }
            writer.writeString(text)
        }
    }
}
