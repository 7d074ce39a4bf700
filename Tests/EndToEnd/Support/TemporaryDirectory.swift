import Foundation
import Glibc

/// A directory of a test's own, removed with everything in it when the test lets go of it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        // Short, because a socket's path has at most 107 bytes.
        var template = Array("/tmp/mend-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.system("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    }

    /// Every file below `name` with its content, by its path.
    func contents(of name: String) throws -> [String: Data] {
        let root = file(name)
        let names = try FileManager.default.subpathsOfDirectory(atPath: root)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(root)/\($0)"))) })
    }
}

/// Files that the tests read from the package itself.
enum Package {
    /// The package's own directory: this file is in `Tests/EndToEnd/Support`.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// A program of this package, where the test bundle was built, too.
    static func program(_ name: String) -> String {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
    }
}

/// Programs of the system that some tests need.
enum Tool {
    static func isInstalled(_ name: String) -> Bool { path(name) != nil }

    static func path(_ name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
