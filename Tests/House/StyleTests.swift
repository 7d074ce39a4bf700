import Testing

@Suite("The style of the house")
struct StyleTests {
    static let ours = Result { try SourceFile.all(in: "Sources", "clients", "Benchmarks") }
    static let everything = Result { try SourceFile.all(in: "Sources", "clients", "Benchmarks", "Tests") }

    @Test("no file has more than 500 lines")
    func length() throws {
        for file in try Self.everything.get() { #expect(file.lines.count <= 501, "\(file.path)") }
    }

    @Test("a library prints nothing")
    func printing() throws {
        let programs = ["Sources/mend/", "Sources/mendd/", "Benchmarks/"]
        for file in try Self.ours.get() where !programs.contains(where: file.path.hasPrefix) {
            #expect(file.places(of: /\b(print|debugPrint|dump|NSLog)\(/) == [])
        }
    }

    @Test("what is left to do stands in issues, not in the files")
    func leftovers() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "HACK" + ":"]
        for file in try Self.everything.get() {
            for word in words { #expect(!file.text.contains(word), "\(file.path) has \(word)") }
        }
    }

    @Test("nothing is unwrapped or cast by force")
    func force() throws {
        for file in try Self.ours.get() {
            #expect(file.places(of: /\btry!|\bas!|[\w\)\]]!(?!=)/) == [])
        }
    }

    @Test("where the compiler is told to trust us, a comment says why")
    func unchecked() throws {
        for file in try Self.ours.get() {
            let code = file.code
            for index in code.indices where code[index].contains(/@unchecked Sendable|nonisolated\(unsafe\)/) {
                let above = index > 0 ? file.lines[index - 1].trimmingPrefix(/\s*/) : ""
                #expect(above.hasPrefix("//"), "\(file.path):\(index + 1)")
            }
        }
    }

    @Test("values reach SQL as arguments: nothing is interpolated but a static list of columns")
    func interpolation() throws {
        for file in try SourceFile.all(in: "Sources/MendEngine") {
            for literal in file.text.matches(of: /"""\s*([\s\S]*?)"""|"((?:\\.|[^"\\\n])*)"/) {
                let text = String(literal.1 ?? literal.2 ?? "")
                let isSQL = text.contains(/^(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|CREATE|DROP|ALTER|PRAGMA)\b/)
                guard isSQL else { continue }
                // The one other is a choice between two conditions that stand in the same file.
                let rest = text.replacing(/\\\(([A-Z]\w*\.columns|whereGroup)\)/, with: "")
                #expect(!rest.contains("\\("), "\(file.path): \(text)")
            }
        }
    }
}
