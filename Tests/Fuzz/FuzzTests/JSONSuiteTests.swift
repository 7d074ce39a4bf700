import Foundation
import FuzzHarness
import MendWire
import Testing

private let suite = ProcessInfo.processInfo.environment["JSON_SUITE"].map { URL(fileURLWithPath: $0) }

/// A public suite of JSON texts, which is not kept here: `make json-suite SUITE=DIR`. By their names, texts must be taken
/// (`y_`), must be refused (`n_`), or may be either (`i_`).
@Suite("A public suite of JSON texts", .enabled(if: suite != nil))
struct JSONSuiteTests {
    private struct Figures {
        var taken: [String] = []
        var refused: [String] = []

        var all: Int { taken.count + refused.count }
    }

    @Test("every text is taken or refused as its name says, and borne as the whole input of a connection")
    func texts() throws {
        let folder = try #require(suite)
        var figures: [Character: Figures] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".json") {
            let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(name)))
            let isTaken = bytes.withUnsafeBytes { (try? JSONDocument(parsing: $0)) != nil }
            let kind = try #require(name.first)
            if isTaken {
                figures[kind, default: Figures()].taken.append(name)
            } else {
                figures[kind, default: Figures()].refused.append(name)
            }
            do { _ = try WireProbe().run(bytes + [0x0A]) } catch { Issue.record("\(name): \(error)") }
        }
        let (must, mustNot, may) = (
            figures["y", default: Figures()], figures["n", default: Figures()], figures["i", default: Figures()]
        )
        print(
            """
            json-suite: \(must.taken.count) of \(must.all) that must be taken were taken, \
            \(mustNot.refused.count) of \(mustNot.all) that must be refused were refused, \
            \(may.all) may be either: \(may.taken.count) taken, \(may.refused.count) refused; no crash
            """)
        #expect(must.all > 0 && mustNot.all > 0, "\(folder.path) holds no such suite")
        #expect(must.refused == [])
        #expect(mustNot.taken == [])
    }
}
