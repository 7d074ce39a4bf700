import MendProtocol

/// A text for whoever uses a program, with places that a report fills.
///
/// `{service}`, `{action}`, `{retry_after}` and `{context.NAME}` stand in square brackets, with what is to be read where
/// they are missing after a bar: `Please try again[ in {retry_after}| later].` So a text reads well whatever is known.
struct UserText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        case place(String)
    }

    /// What stands where all its places can be filled, and what does otherwise.
    struct Part: Sendable, Hashable {
        var pieces: [Piece]
        var otherwise: String
    }

    /// Longer values are more than a sentence can take.
    static let valueBytes = 120

    private let parts: [Part]
    /// The whole text where it has no places.
    private let plain: String?

    /// - Parameter values: what a place is filled with; nothing where it is missing.
    func filled(_ values: (String) -> String?) -> String {
        if let plain { return plain }
        var text = ""
        for part in parts {
            var filled = ""
            let isWhole = part.pieces.allSatisfy { piece in
                switch piece {
                case .literal(let literal): filled += literal
                case .place(let name):
                    guard let value = values(name), !value.isEmpty else { return false }
                    filled += value
                }
                return true
            }
            text += isWhole ? filled : part.otherwise
        }
        return text
    }

    /// The names of its places.
    var places: Set<String> {
        Set(
            parts.flatMap(\.pieces).compactMap { piece in
                if case .place(let name) = piece { name } else { nil }
            })
    }

    // MARK: Reading

    struct Mistake: Error {
        let message: String
    }

    init(_ text: String) throws(Mistake) {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { "[]{}".contains($0) }) {
            guard rest[open] == "[" else {
                throw Mistake(
                    message: rest[open] == "{"
                        ? "a place stands in square brackets, with what is read where it is missing: [{service}|the service]"
                        : "there is a \(rest[open]) without what opens it")
            }
            guard let close = rest[open...].firstIndex(of: "]") else {
                throw Mistake(message: "there is a [ without its ]")
            }
            if open > rest.startIndex { parts.append(Part(pieces: [.literal(String(rest[..<open]))], otherwise: "")) }
            parts.append(try Self.part(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(Part(pieces: [.literal(String(rest))], otherwise: "")) }
        self.parts = parts
        plain = parts.contains { $0.pieces != [.literal(text)] } ? nil : text
    }

    private static func part(_ text: Substring) throws(Mistake) -> Part {
        let halves = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        var pieces: [Piece] = []
        var rest = halves[0]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw Mistake(message: "there is a { without its }")
            }
            if open > rest.startIndex { pieces.append(.literal(String(rest[..<open]))) }
            pieces.append(.place(try known(String(rest[rest.index(after: open)..<close]))))
            rest = rest[rest.index(after: close)...]
        }
        guard !pieces.isEmpty else { throw Mistake(message: "there is no place such as {service} between [ and ]") }
        if !rest.isEmpty { pieces.append(.literal(String(rest))) }
        return Part(pieces: pieces, otherwise: halves.count > 1 ? String(halves[1]) : "")
    }

    static let names = ["service", "action", "retry_after"]

    private static func known(_ name: String) throws(Mistake) -> String {
        if names.contains(name) || (name.hasPrefix("context.") && name.utf8.count > 8) { return name }
        let hint = nearest(to: name, among: names).map { "; did you mean {\($0)}?" } ?? ""
        throw Mistake(
            message: "there is no place {\(name)}; there are {service}, {action}, {retry_after}, {context.NAME}\(hint)")
    }
}
