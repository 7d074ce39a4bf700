import Foundation
import Glibc
import MendProtocol
import MendRules
import Testing

@testable import mendd

@Suite("The operator's rules and catalogue")
final class RuleFilesTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(component: "mend-\(UUID().uuidString)")
        for folder in ["rules.d", "catalog.d"] {
            try FileManager.default.createDirectory(
                at: directory.appending(component: folder), withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: directory.appending(path: name))
    }

    private var files: RuleFiles { RuleFiles(besides: directory.appending(component: "mend.yaml").path) }

    private func why(_ book: Rulebook) -> String {
        var report = Errors.Report(message: "")
        report.errno = .number(28)
        return book.classify(report).why
    }

    private func rule(_ name: String) -> String {
        "rules: [{name: \(name), when: {errno: ENOSPC}, then: {category: data}}]"
    }

    @Test("files come in the order of their names, before what is shipped")
    func order() throws {
        #expect(try why(files.rulebook()) == "errno.ENOSPC")
        try write(rule("second"), to: "rules.d/20-second.yaml")
        try write(rule("first"), to: "rules.d/10-first.yaml")
        #expect(try why(files.rulebook()) == "first")
    }

    @Test(
        "what editors leave behind is not read", arguments: [".10-a.yaml.swp", ".10-a.yaml", "10-a.yaml~", "10-a.yml"])
    func leftovers(name: String) throws {
        try write("nonsense: 1", to: "rules.d/\(name)")
        #expect(try why(files.rulebook()) == "errno.ENOSPC")
    }

    @Test("folders that are not there are none")
    func noFolders() throws {
        try FileManager.default.removeItem(at: directory.appending(component: "rules.d"))
        try FileManager.default.removeItem(at: directory.appending(component: "catalog.d"))
        #expect(try files.rulebook().ruleCount == Rulebook.shipped.ruleCount)
    }

    @Test("a mistake is told with the file's path, line and column")
    func mistake() throws {
        try write("codes:\n  a.b: {mesage: x}\n", to: "catalog.d/10-own.yaml")
        let path = directory.appending(path: "catalog.d/10-own.yaml").path
        #expect {
            try files.rulebook()
        } throws: {
            "\($0)" == "\(path):2:9: unknown key “mesage” in the code a.b; did you mean message?"
        }
    }

    @Test("a file that is not text is told with its path and line")
    func notText() throws {
        try Data("rules:\n- a\u{e9}".utf8.dropLast()).write(to: directory.appending(path: "rules.d/10-a.yaml"))
        #expect(throws: ConfigurationError("\(directory.path)/rules.d/10-a.yaml:2: not UTF-8")) { try files.rulebook() }
    }

    @Test("what cannot be read is told with its path, and nothing waits for it")
    func unreadable() throws {
        let path = "\(directory.path)/rules.d/10-a.yaml"
        func message() -> String {
            do {
                _ = try files.rulebook()
                return "it was read"
            } catch {
                return "\(error)"
            }
        }
        try #require(symlink("10-a.yaml", path) == 0)
        #expect(message() == "cannot read \(path): Too many levels of symbolic links")
        unlink(path)
        try #require(symlink("/none", path) == 0)
        #expect(message() == "cannot read \(path): No such file or directory")
        unlink(path)
        try #require(symlink("/dev/zero", path) == 0)
        #expect(message() == "\(path): not a regular file")
        unlink(path)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(message() == "\(path): not a regular file")
        unlink(path)
        try #require(mkdir(path, 0o700) == 0)
        #expect(message() == "\(path): not a regular file")
    }

    @Test("a file that is far too large is refused")
    func large() throws {
        try write(String(repeating: "#", count: Configuration.maximumFileBytes + 1), to: "catalog.d/10-a.yaml")
        #expect(throws: ConfigurationError("\(directory.path)/catalog.d/10-a.yaml: more than 1048576 bytes")) {
            try files.rulebook()
        }
    }
}
