import Foundation
import MendEngine
import Testing

@testable import mendd

@Suite("Payload keys")
struct PayloadKeysTests {
    private func keys(_ text: String, mode: Int = 0o600) throws -> PayloadKeys {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("mend-keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
        return try PayloadKeys(file: path)
    }

    private func key(_ byte: UInt8) -> String { Data(repeating: byte, count: 32).base64EncodedString() }

    @Test("what is sealed is opened with the same key at the same place, and reads as nothing of it")
    func sealAndOpen() throws {
        let keys = try keys("# ours\n\n1 \(key(1))\n")
        let sealed = try keys.seal(#"{"recipient":"ä"}"#, at: "here")
        #expect(!sealed.contains("recipient"))
        #expect(try keys.open(sealed, key: 1, at: "here") == #"{"recipient":"ä"}"#)
        #expect(try keys.seal("1", at: "here") != keys.seal("1", at: "here"), "each has a nonce of its own")
    }

    @Test("another key, another place or a changed text open nothing")
    func refused() throws {
        let one = try keys("1 \(key(1))")
        let sealed = try one.seal("1", at: "here")
        #expect(throws: (any Error).self) { try one.open(sealed, key: 1, at: "there") }
        #expect(throws: (any Error).self) { try one.open(sealed, key: 2, at: "here") }
        #expect(throws: (any Error).self) { try keys("1 \(key(2))").open(sealed, key: 1, at: "here") }
        #expect(throws: (any Error).self) { try one.open(String(sealed.reversed()), key: 1, at: "here") }
    }

    @Test("the highest number seals, and older keys still open")
    func rotation() throws {
        let old = try keys("1 \(key(1))").seal("1", at: "here")
        let both = try keys("2 \(key(2))\n1 \(key(1))")
        #expect(both.currentKey == 2)
        #expect(try both.open(old, key: 1, at: "here") == "1")
    }

    @Test(
        "a file that cannot be meant is refused, with its line",
        arguments: [
            ("", "there is no key"), ("1 short", "line 1"), ("# x\n0 \(String(repeating: "A", count: 43))=", "line 2"),
            ("1", "line 1"), ("1 \(String(repeating: "A", count: 43))= more", "line 1"),
            ("1 \(String(repeating: "A", count: 43))=\n1 \(String(repeating: "B", count: 43))=", "twice"),
        ])
    func malformed(text: String, says: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try keys(text) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test("keys that others may read are refused")
    func mode() throws {
        #expect(throws: ConfigurationError.self) { try keys("1 \(key(1))", mode: 0o640) }
    }
}
