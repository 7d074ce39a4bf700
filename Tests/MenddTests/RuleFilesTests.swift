import Foundation
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

    @Test("a file that is not text is told with its path")
    func notText() throws {
        try Data([0xFF, 0xFE]).write(to: directory.appending(path: "rules.d/10-a.yaml"))
        #expect(throws: ConfigurationError("\(directory.path)/rules.d/10-a.yaml: not UTF-8")) { try files.rulebook() }
    }
}
