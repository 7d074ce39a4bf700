import Foundation
import MendProtocol
import MendWire
import Testing

@Suite("The OpenRPC document")
struct OpenRPCTests {
    @Test("protocol/openrpc.json is what the types say; to write it anew: mendd --openrpc > protocol/openrpc.json")
    func fresh() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("protocol/openrpc.json")
        let isFresh = try String(contentsOf: file, encoding: .utf8) == OpenRPC.document().text + "\n"
        #expect(isFresh)
    }

    private struct Document: Decodable {
        struct Method: Decodable {
            struct Content: Decodable {
                let name: String
                let required: Bool?
            }
            let name: String
            let summary: String
            let paramStructure: String
            let params: [Content]
            let result: Content
        }
        let openrpc: String
        let methods: [Method]
    }

    @Test("others can read it: it names each method once, and its parameters")
    func content() throws {
        let document = try JSONDecoder().decode(Document.self, from: Data(try OpenRPC.document().text.utf8))
        #expect(document.openrpc.hasPrefix("1."))
        #expect(document.methods.map(\.name) == Methods.all.map { $0.name })
        for method in document.methods {
            #expect(method.paramStructure == "by-name")
            #expect(Set(method.params.map(\.name)).count == method.params.count, "\(method.name)")
            #expect(method.params.last?.name == "_meta", "\(method.name)")
        }
        let enqueue = try #require(document.methods.first { $0.name == "queue.enqueue" })
        #expect(enqueue.params.filter { $0.required == true }.map(\.name) == ["queue", "payload"])
    }

    @Test("names are unique, lower case, of a family, and each has a sentence about it")
    func names() {
        let names = Methods.all.map { $0.name }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z]+\.[a-z]+/) != nil })
        for method in Methods.all { #expect(method.summary.hasSuffix("."), "\(method.name)") }
    }
}
