/// Seals what belongs to callers before it is stored: payloads, undos and results. The engine knows no cryptography; it
/// is handed in.
package protocol PayloadCipher: Sendable {
    /// The numbers of all keys there are, and of the one that seals.
    var keys: Set<Int64> { get }
    var currentKey: Int64 { get }

    /// - Parameter place: what the text is and where it stands; the same must be said to open it.
    func seal(_ text: String, at place: String) throws -> String
    /// - Throws: where the key is another one, or the text was changed or stands in another place.
    func open(_ sealed: String, key: Int64, at place: String) throws -> String
}

/// Stored texts of callers: sealed where there is a cipher, plain else. A sealed one begins with `k`, the key's number and
/// a colon, as no JSON does.
struct PayloadStore: Sendable {
    let cipher: (any PayloadCipher)?

    func stored(_ text: String, at place: @autoclosure () -> String) throws -> String {
        guard let cipher else { return text }
        return "k\(cipher.currentKey):" + (try cipher.seal(text, at: place()))
    }

    func text(_ stored: String, at place: @autoclosure () -> String) throws -> String {
        guard stored.utf8.first == UInt8(ascii: "k") else { return stored }
        guard let colon = stored.firstIndex(of: ":"),
            let key = Int64(stored[stored.index(after: stored.startIndex)..<colon]),
            let cipher
        else { throw PayloadSealed() }
        return try cipher.open(String(stored[stored.index(after: colon)...]), key: key, at: place())
    }

    /// The places of texts.
    static func payload(of operation: Int64) -> String { "payload of operation \(operation)" }
    static func result(of operation: Int64) -> String { "result of operation \(operation)" }
    static func undo(of step: Int64, in transaction: Int64) -> String {
        "undo of step \(step) of transaction \(transaction)"
    }
}

/// A sealed text that no key opens.
struct PayloadSealed: Error, CustomStringConvertible {
    var description: String { "it was sealed with a key that is not there" }
}
