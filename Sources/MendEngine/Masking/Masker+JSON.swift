import MendWire

extension Masker {
    /// Whether the value of a member of that name has several secrets.
    private static func isOfSecrets(name: String) -> Bool {
        var name = name
        return name.withUTF8 { SecretName.isOfSecrets($0[...]) }
    }

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
                    if hidesValue(of: member, in: value) {
                        put(Self.mark, for: member.value)
                    } else if Masker.isOfSecrets(name: member.name) {
                        hideStrings(in: member.value)
                    } else {
                        look(at: member.value)
                    }
                }
            case .array: lookAtElements(of: value)
            case .string:
                if let text = value.stringValue, let masked = masker.masked(text) { put(masked, for: value) }
            case .null, .bool, .number: break
            }
        }

        private static let mark = String(describing: SecretScan.mark)

        /// Strings that follow each other may be a command line: `["mysql", "-psecret"]`, `["--password", "secret"]`.
        private mutating func lookAtElements(of array: JSONValue) {
            var line = ""
            var isAfterOption = false
            for element in array.elements {
                guard element.kind == .string, let text = element.stringValue else {
                    look(at: element)
                    (line, isAfterOption) = ("", false)
                    continue
                }
                let isOption = text.utf8.first == UInt8(ascii: "-")
                var masked = masker.masked(text)
                if isOption || isAfterOption, masked == nil { masked = maskedArgument(text, after: line) }
                if let masked { put(masked, for: element) }
                line += "\(masked ?? text) "
                if line.utf8.count > Self.lineBytes {
                    line = String(decoding: line.utf8.suffix(Self.lineBytes), as: UTF8.self)
                }
                isAfterOption = isOption || (isAfterOption && masked == nil && text.utf8.count <= Self.lineBytes)
            }
        }

        /// How much of a command line before an argument is looked at.
        private static let lineBytes = 256

        /// An argument whose secret only those before it give away; a blank in it does not end it.
        private func maskedArgument(_ text: String, after line: String) -> String? {
            let whole = String(decoding: text.utf8.map { $0.isSpace ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
            guard let masked = masker.masked(line + whole), masked.hasPrefix(line), masked.utf8.count > line.utf8.count
            else { return nil }
            return String(decoding: masked.utf8.dropFirst(line.utf8.count), as: UTF8.self)
        }

        /// Of a member that has several secrets: names and numbers stay.
        private mutating func hideStrings(in value: JSONValue) {
            switch value.kind {
            case .object:
                for member in value.members {
                    look(at: member.key)
                    hideStrings(in: member.value)
                }
            case .array: for element in value.elements { hideStrings(in: element) }
            case .string: put(Self.mark, for: value)
            case .null, .bool, .number: break
            }
        }

        /// Null and true or false are no secrets.
        private func hidesValue(of member: JSONValue.Member, in object: JSONValue) -> Bool {
            switch member.value.kind {
            case .null, .bool: false
            case .number, .string, .array, .object:
                Masker.isSecret(name: member.name) || (Self.isValue(member.name) && isNamedSecret(object))
            }
        }

        private static func isValue(_ name: String) -> Bool { name == "value" || name == "Value" }

        /// `{"name": "API_KEY", "value": …}` as in the environment of a container.
        private func isNamedSecret(_ object: JSONValue) -> Bool {
            object.members.contains { member in
                ["name", "key", "Name", "Key"].contains(member.name)
                    && member.value.stringValue.map { Masker.isSecret(name: $0) } ?? false
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
