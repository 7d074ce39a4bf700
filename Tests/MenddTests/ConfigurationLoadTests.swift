import Foundation
import Testing

@testable import mendd

@Suite("Loading the configuration")
final class ConfigurationLoadTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(component: "mend-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    @Test("the environment overrides the file, and the file the defaults")
    func order() throws {
        let file = try write("queue: {max_size: 5, lease_ms: 500}")
        let configuration = try Configuration.load(file: file, environment: ["MEND_QUEUE_MAX_SIZE": "6"])
        var expected = Configuration()
        expected.queue.maxSize = 6
        expected.queue.leaseMs = 500
        #expect(configuration == expected)
    }

    @Test("a default file that is missing is none, and one that is there is read")
    func defaultFile() throws {
        let missing = directory.appending(component: "none.yaml").path
        #expect(try Configuration.load(file: nil, environment: [:], defaultFile: missing) == Configuration())
        let file = try write("queue: {max_size: 5}")
        #expect(try Configuration.load(file: nil, environment: [:], defaultFile: file).queue.maxSize == 5)
    }

    @Test("a file that was asked for must be there")
    func missing() {
        let path = directory.appending(component: "none.yaml").path
        #expect(throws: ConfigurationError("cannot read \(path): No such file or directory")) {
            try Configuration.load(file: path, environment: [:])
        }
    }

    @Test("a default file that is there but cannot be read is an error")
    func unreadable() {
        let path = directory.path
        #expect(throws: ConfigurationError("cannot read \(path): Is a directory")) {
            try Configuration.load(file: nil, environment: [:], defaultFile: path)
        }
    }

    @Test("a mistake in the file is told with its path")
    func place() throws {
        let file = try write("\ncolour: red")
        #expect(throws: ConfigurationError("\(file):2: unknown key colour")) {
            try Configuration.load(file: file, environment: [:])
        }
    }

    @Test("a file that is not UTF-8, or far too large, is refused")
    func notText() throws {
        let binary = try write(Data([0x61, 0x3a, 0x20, 0xff]))
        #expect(throws: ConfigurationError("\(binary):1: not UTF-8")) {
            try Configuration.load(file: binary, environment: [:])
        }
        let large = try write(Data(repeating: 0x23, count: Configuration.maximumFileBytes + 1))
        #expect(throws: ConfigurationError("\(large): more than 1048576 bytes")) {
            try Configuration.load(file: large, environment: [:])
        }
    }

    @Test(
        "what a line may take must fit into its connection's memory, and that into the whole",
        arguments: [
            (
                ["MEND_LIMITS_IN_FLIGHT_BYTES": "65536"],
                "limits.in_flight_bytes (65536) must not be less than limits.line_bytes (1048576)"
            ),
            (
                ["MEND_LIMITS_TOTAL_BYTES": "2097152"],
                "limits.total_bytes (2097152) must not be less than limits.in_flight_bytes (4194304)"
            ),
        ])
    func memory(environment: [String: String], message: String) {
        #expect(throws: ConfigurationError(message)) {
            try Configuration.load(file: nil, environment: environment, defaultFile: "/dev/null")
        }
    }

    private func write(_ text: String) throws -> String {
        try write(Data(text.utf8))
    }

    private func write(_ data: Data) throws -> String {
        let file = directory.appending(component: "mend.yaml")
        try data.write(to: file)
        return file.path
    }
}
