import Crypto
import FoundationEssentials
import Glibc
import MendEngine

/// The keys that payloads are sealed with at rest: AES-256-GCM, each text with a nonce of its own, bound to its place.
struct PayloadKeys: PayloadCipher {
    private let byNumber: [Int64: SymmetricKey]
    let currentKey: Int64

    var keys: Set<Int64> { Set(byNumber.keys) }

    /// Reads a file with a key a line: its number and 32 bytes in Base64. The highest number seals, all of them open. Empty
    /// lines and those that begin with `#` are passed over.
    init(file path: String) throws(ConfigurationError) {
        func problem(_ what: String) -> ConfigurationError { ConfigurationError("\(path): \(what)") }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            throw problem("others may read the payload keys; chmod 600 keeps them to their owner")
        }
        let text = try Configuration.text(of: path, mayBeMissing: false) ?? ""
        var keys: [Int64: SymmetricKey] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = parts.first, !first.hasPrefix("#") else { continue }
            guard parts.count == 2, let number = Int64(first), number > 0,
                let key = Data(base64Encoded: String(parts[1])), key.count == 32
            else {
                throw problem("line \(index + 1) must be a number above 0 and a key of 32 bytes in Base64")
            }
            guard keys.updateValue(SymmetricKey(data: key), forKey: number) == nil else {
                throw problem("line \(index + 1): key \(number) is there twice")
            }
        }
        guard let newest = keys.keys.max() else { throw problem("there is no key in it") }
        byNumber = keys
        currentKey = newest
    }

    func seal(_ text: String, at place: String) throws -> String {
        guard let key = byNumber[currentKey] else { throw CryptoKitError.incorrectKeySize }
        let box = try AES.GCM.seal(Data(text.utf8), using: key, authenticating: Data(place.utf8))
        return (box.nonce + box.ciphertext + box.tag).base64EncodedString()
    }

    func open(_ sealed: String, key number: Int64, at place: String) throws -> String {
        guard let key = byNumber[number], let combined = Data(base64Encoded: sealed) else {
            throw CryptoKitError.authenticationFailure
        }
        let box = try AES.GCM.SealedBox(combined: combined)
        let bytes = try AES.GCM.open(box, using: key, authenticating: Data(place.utf8))
        return String(decoding: bytes, as: UTF8.self)
    }
}
