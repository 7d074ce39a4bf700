import Foundation
import Testing

@testable import MendEngine

/// The corpus: in `⟦…⟧` stands what must be masked, with `email:` or `card:` before it where that is its kind; `\n` is a line
/// feed. A `·` is nothing: it keeps those who look for secrets in this project from finding one.
@Suite("The corpus of secrets")
struct MaskingCorpusTests {
    private static func lines(of file: String) throws -> [String] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
        return try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            .split(separator: "\n").map { line in
                String(line).replacing("·", with: "").replacing(#"\n"#, with: "\n").replacing(#"\r"#, with: "\r")
                    .replacing(#"\t"#, with: "\t")
            }
    }

    private static func sent(_ line: String) -> String {
        ["⟦email:", "⟦card:", "⟦", "⟧"].reduce(line) { $0.replacing($1, with: "") }
    }

    private static func stored(_ line: String) -> String {
        line.split(separator: "⟦", omittingEmptySubsequences: false).enumerated().map { index, part in
            guard index > 0, let end = part.firstIndex(of: "⟧") else { return String(part) }
            let mark = part.hasPrefix("email:") ? "[email]" : part.hasPrefix("card:") ? "[card]" : "[masked]"
            return mark + part[part.index(after: end)...]
        }.joined()
    }

    @Test(
        "what is secret is masked, and nothing else",
        arguments: [
            "urls.txt", "headers.txt", "json.txt", "commands.txt", "traces.txt", "environments.txt", "tokens.txt",
            "personal.txt",
        ])
    func secrets(file: String) throws {
        let lines = try Self.lines(of: file)
        #expect(lines.count >= 6)
        for line in lines {
            #expect(line.contains("⟦"))
            #expect(Masker().masked(Self.sent(line)) == Self.stored(line))
        }
    }

    @Test("what is harmless survives")
    func harmless() throws {
        for line in try Self.lines(of: "harmless.txt") { #expect(Masker().masked(line) == nil) }
    }

    @Test(
        "masking twice is masking once",
        arguments: [
            "urls.txt", "headers.txt", "json.txt", "commands.txt", "traces.txt", "environments.txt", "tokens.txt",
            "personal.txt",
        ])
    func twice(file: String) throws {
        for line in try Self.lines(of: file) {
            let once = try #require(Masker().masked(Self.sent(line)))
            #expect((Masker().masked(once) ?? once) == once)
        }
    }
}
