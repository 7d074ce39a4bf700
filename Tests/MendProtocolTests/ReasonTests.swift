import Foundation
import MendProtocol
import Testing

@Suite("Reasons for which calls fail")
struct ReasonTests {
    @Test("each has a number of its own, in the range that is ours or as JSON-RPC has it")
    func codes() {
        let codes = Reason.allCases.map(\.code)
        #expect(Set(codes).count == codes.count)
        let standard: Set = [-32700, -32600, -32601, -32602, -32603]
        #expect(codes.allSatisfy { standard.contains($0) || (-32099 ... -32000).contains($0) })
        #expect(standard.isSubset(of: codes))
    }

    @Test("a number leads back to its reason, and an unknown one to none")
    func backwards() {
        for reason in Reason.allCases { #expect(Reason(code: reason.code) == reason) }
        #expect(Reason(code: -1) == nil)
    }

    @Test("the table of PROTOCOL.md has them all, and says the same")
    func table() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appendingPathComponent("protocol/PROTOCOL.md"), encoding: .utf8)
        let rows = document.matches(of: /\| `(\w+)` \| (-\d+) \| (yes|no) \|/).map { "\($0.1) \($0.2) \($0.3)" }
        #expect(rows == Reason.allCases.map { "\($0.rawValue) \($0.code) \($0.isRetryable ? "yes" : "no")" })
    }
}
