import Foundation

/// A Swift file of this package.
struct SourceFile: Sendable {
    /// Relative to the package.
    let path: String
    let text: String
    let lines: [String]
    /// The lines with comments and the contents of strings taken out, so that words of people are not taken for code.
    let code: [String]

    /// The package's own directory: this file is in `Tests/House`.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    init(path: String) throws {
        self.path = path
        text = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
        lines = text.components(separatedBy: "\n")
        code = Self.code(of: text)
    }

    /// The Swift files below some folders, in the order of their paths.
    static func all(in folders: String...) throws -> [SourceFile] {
        try folders.flatMap { folder in
            let folderPath = root.appendingPathComponent(folder).resolvingSymlinksInPath().path
            let names = try FileManager.default.subpathsOfDirectory(atPath: folderPath)
            return try names.filter { $0.hasSuffix(".swift") && !$0.hasPrefix(".build") }.sorted()
                .map { try SourceFile(path: "\(folder)/\($0)") }
        }
    }

    private static func code(of text: String) -> [String] {
        let blanked = text.replacing(/"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"/) { match in
            "\"\"" + String(repeating: "\n", count: match.output.count(where: { $0 == "\n" }))
        }
        return blanked.components(separatedBy: "\n").map { line in
            String(line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex))
        }
    }

    /// The modules that it imports.
    var imports: [String] {
        let words =
            /^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
        return code.compactMap { line in line.firstMatch(of: words).map { String($0.1) } }
    }

    /// Where a pattern stands in its code, as `path:line`.
    func places(of pattern: some RegexComponent) -> [String] {
        code.enumerated().filter { $0.element.contains(pattern) }.map { "\(path):\($0.offset + 1)" }
    }
}
