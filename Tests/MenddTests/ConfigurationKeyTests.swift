import Foundation
import Logging
import Testing

@testable import mendd

@Suite("The table of configuration keys")
struct ConfigurationKeyTests {
    @Test("the default of every key is one that it allows", arguments: ConfigurationKey.all)
    func defaults(key: ConfigurationKey) {
        guard case .integer(let path, let range, _) = key.value else { return }
        #expect(range.contains(Configuration()[keyPath: path]))
    }

    @Test("the lowest and the highest value of every number are allowed, the next ones are not", arguments: numbers)
    func bounds(key: ConfigurationKey, range: ClosedRange<Int>) {
        var configuration = Configuration()
        for (number, allowed) in [
            (range.lowerBound, true), (range.upperBound, true),
            (range.lowerBound - 1, false), (range.upperBound + 1, false),
        ] {
            #expect(key.set(variable: String(number), in: &configuration) == allowed, "\(number)")
        }
        #expect(key.text(in: configuration) == String(range.upperBound))
    }

    @Test("no two keys have one name, one variable or one place")
    func distinct() {
        let all = ConfigurationKey.all
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(Set(all.map(\.variable)).count == all.count)
        let places: [AnyKeyPath] = all.map {
            switch $0.value {
            case .integer(let path, _, _): path
            case .level(let path): path
            case .names(let path): path
            case .sockets(let path): path
            case .patterns(let path): path
            }
        }
        #expect(Set(places).count == all.count)
    }

    @Test("a key's variable is its name in capitals")
    func variable() {
        #expect(ConfigurationKey.all.first { $0.name == "queue.max_size" }?.variable == "MEND_QUEUE_MAX_SIZE")
    }

    @Test("the shipped file is the one that the table gives")
    func shippedFile() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../systemd/mend.yaml")
        if ProcessInfo.processInfo.environment["UPDATE_GENERATED"] != nil {
            try Data(Configuration.example.utf8).write(to: file)
        }
        let shipped = try String(contentsOf: file, encoding: .utf8)
        #expect(
            shipped == Configuration.example,
            "stale: run UPDATE_GENERATED=1 swift test --filter ConfigurationKeyTests")
    }

    @Test("the shipped file is read as the defaults, with its settings commented out and without")
    func exampleIsValid() throws {
        var configuration = Configuration()
        try configuration.apply(yaml: Configuration.example, file: "mend.yaml")
        #expect(configuration == Configuration())

        let settings = Configuration.example.replacing(#/#(?=[a-z])/#, with: "")
        var changed = Configuration()
        for key in ConfigurationKey.all {
            if case .names(let path) = key.value { changed[keyPath: path] = ["nobody"] }
            if case .integer(let path, let range, _) = key.value { changed[keyPath: path] = range.lowerBound }
        }
        changed.log.level = .critical
        try changed.apply(yaml: settings, file: "mend.yaml")
        #expect(changed == Configuration(), "every key is in the file, at its default")
    }

    @Test("no line of the shipped file is wider than a page")
    func exampleWidth() {
        for line in Configuration.example.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }

    private static let numbers = ConfigurationKey.all.compactMap { key in
        if case .integer(_, let range, _) = key.value { (key, range) } else { nil }
    }
}
