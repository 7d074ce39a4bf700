import Foundation
import FuzzHarness
import Testing

@Suite("The fuzzer's corpus")
struct CorpusTests {
    static let wire = Result { try inputs("wire") }
    static let engine = Result { try inputs("engine") }

    private static func inputs(_ name: String) throws -> [URL] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Corpus/\(name)")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
    }

    @Test("the wire reads every input of the corpus as the specification says")
    func wireInputs() throws {
        let inputs = try Self.wire.get()
        #expect(!inputs.isEmpty)
        for input in inputs {
            let bytes = Array(try Data(contentsOf: input))
            do { _ = try WireProbe().run(bytes) } catch { Issue.record("\(input.lastPathComponent): \(error)") }
        }
    }

    @Test("the engine answers every line of the corpus as the specification says")
    func engineInputs() throws {
        let inputs = try Self.engine.get()
        #expect(!inputs.isEmpty)
        let runner = try EngineRunner()
        for input in inputs {
            let bytes = Array(try Data(contentsOf: input))
            do { _ = try runner.run(bytes) } catch { Issue.record("\(input.lastPathComponent): \(error)") }
        }
    }
}
