// The wording of decoding errors.
extension DecodingState {
    func path(_ node: Int) -> String { tape.path(of: node, below: base) }

    /// The subject of a message.
    func subject(_ path: String) -> String { path.isEmpty ? "the value" : path }

    func wrongType(_ node: Int, _ expected: String) -> WireDecodingError {
        let path = path(node)
        let message = "\(subject(path)) must be \(expected), got \(tape.nodes[node].tag.kind.words)"
        return WireDecodingError(.wrongType, path: path, message: message)
    }

    func invalid(_ node: Int, _ predicate: String) -> WireDecodingError {
        let path = path(node)
        return WireDecodingError(.invalid, path: path, message: "\(subject(path)) \(predicate)")
    }

    func givenTwice(_ key: Int) -> WireDecodingError {
        let path = path(key)
        return WireDecodingError(.duplicateMember, path: path, message: "\(path) is given more than once")
    }

    func missing(_ name: String, in object: Int) -> WireDecodingError {
        let path = JSONPath.appending(name, to: path(object))
        return WireDecodingError(.missing, path: path, message: "\(path) is required")
    }

    func translated<T>(_ error: any Error, _ type: T.Type, _ node: Int) -> WireDecodingError {
        let path = path(node)
        switch error {
        case let error as InvalidValue:
            let place = error.member.map { JSONPath.appending($0, to: path) } ?? path
            return WireDecodingError(
                .invalid, path: place, message: place.isEmpty ? error.message : "\(place) \(error.message)")
        case let error as DecodingError:
            if let choice = Self.choice(type) { return invalid(node, "must be one of \(choice)") }
            let context =
                switch error {
                case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                    .dataCorrupted(let context):
                    context.debugDescription
                @unknown default: "\(error)"
                }
            return invalid(node, "is refused: \(context)")
        default:
            return invalid(node, "is refused: \(error)")
        }
    }

    /// The values of an enumeration with raw values that can list them.
    private static func choice<T>(_ type: T.Type) -> String? {
        guard let type = type as? any CaseIterable.Type else { return nil }
        func raws<E: CaseIterable>(_ type: E.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable).map { "\($0.rawValue)" } }
        }
        let raws = raws(type)
        return raws.isEmpty ? nil : raws.joined(separator: ", ")
    }

    /// For the ways of decoding that no type of ours may take: unknown members in them would pass unseen.
    func unsupported(_ node: Int) -> WireDecodingError {
        invalid(node, "cannot be decoded: nested containers and super decoders are not supported")
    }
}
