import Testing

@Suite("Arrows run downward only")
struct LayerTests {
    struct Room: CustomTestStringConvertible, Sendable {
        let folder: String
        let mayImport: Set<String>
        var testDescription: String { folder }
    }

    /// What each target may import. A new name here is a decision about the architecture.
    static let rooms = [
        Room(folder: "Sources/MendWire", mayImport: ["Glibc"]),
        Room(folder: "Sources/MendProtocol", mayImport: ["MendWire"]),
        Room(
            folder: "Sources/MendRules", mayImport: ["MendProtocol", "MendWire", "Yams", "Glibc", "Synchronization"]),
        Room(
            folder: "Sources/MendEngine",
            mayImport: [
                "MendRules", "MendProtocol", "MendWire", "GRDB", "GRDBSQLite", "HeapModule", "Glibc", "Synchronization",
            ]),
        Room(
            folder: "Sources/MendServer",
            mayImport: [
                "CLinux", "MendEngine", "MendProtocol", "MendWire", "NIOCore", "NIOPosix", "DequeModule", "Dispatch",
                "Glibc", "Synchronization",
            ]),
        Room(folder: "Sources/MendSystemd", mayImport: ["CSystemd", "Glibc"]),
        Room(
            folder: "Sources/mendd",
            mayImport: [
                "CLinux", "MendServer", "MendEngine", "MendRules", "MendProtocol", "MendWire", "MendSystemd",
                "ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals", "Yams", "Glibc", "Crypto", "Dispatch",
                "FoundationEssentials", "Synchronization",
            ]),
        Room(
            folder: "clients/swift/Sources/MendClient",
            mayImport: ["MendProtocol", "MendWire", "Glibc", "Synchronization"]),
        Room(
            folder: "Sources/mend",
            mayImport: [
                "MendClient", "MendProtocol", "MendWire", "ArgumentParser", "CProcess", "Glibc", "Synchronization",
            ]),
        Room(folder: "Benchmarks/LoadKit", mayImport: ["Glibc", "Synchronization"]),
        Room(
            folder: "Benchmarks/mend-bench",
            mayImport: ["LoadKit", "NIOCore", "NIOPosix", "ArgumentParser", "Glibc", "Synchronization"]),
        Room(
            folder: "Benchmarks/mend-grouping",
            mayImport: ["MendEngine", "MendProtocol", "GRDB", "ArgumentParser", "Foundation"]),
        Room(folder: "Tests/Crash", mayImport: ["LoadKit", "MendWire", "Dispatch", "Glibc"]),
    ]

    @Test("a target imports only what its layer may", arguments: rooms)
    func imports(room: Room) throws {
        let files = try SourceFile.all(in: room.folder)
        #expect(!files.isEmpty)
        for file in files {
            #expect(Set(file.imports).subtracting(room.mayImport) == [], "\(file.path)")
        }
    }

    @Test("every target with Swift in it has its layer here")
    func complete() throws {
        let folders = Set(try SourceFile.all(in: "Sources").map { $0.path.split(separator: "/")[1] })
        let known = Set(Self.rooms.map { $0.folder.split(separator: "/")[1] })
        #expect(folders.subtracting(known) == [])
    }

    @Test("the engine touches no socket")
    func engineWithoutSockets() throws {
        for file in try SourceFile.all(in: "Sources/MendEngine") {
            #expect(file.places(of: /sockaddr|AF_UNIX|SOCK_STREAM/) == [])
        }
    }

    @Test("the engine asks no clock and no source of randomness")
    func deterministicEngine() throws {
        for file in try SourceFile.all(in: "Sources/MendEngine") {
            #expect(file.places(of: /clock_gettime|gettimeofday|ContinuousClock|SuspendingClock|\btime\(nil/) == [])
            #expect(file.places(of: /SystemRandomNumberGenerator|\.random\((?!.*using:)/) == [])
        }
    }

    @Test("the shell client, which is linked statically, loads no modules of nsswitch.conf")
    func clientWithoutNameServices() throws {
        for folder in ["Sources/mend", "clients/swift/Sources/MendClient"] {
            for file in try SourceFile.all(in: folder) {
                let asked = file.places(of: /\b(getpw|getgr|getaddrinfo|gethostby|getserv|initgroups)/)
                #expect(asked == [], "\(file.path)")
            }
        }
    }

    @Test("targets are declared lowest first")
    func order() throws {
        let package = try SourceFile(path: "Package.swift")
        var declared: Set<String> = []
        var current = ""
        for line in package.lines.drop(while: { !$0.hasPrefix("    targets: [") }) {
            let begins = line.hasPrefix("        .") || line.hasPrefix("            name:")
            if begins, let name = line.firstMatch(of: /name: "([\w-]+)"/) {
                if !current.isEmpty { declared.insert(current) }
                current = String(name.1)
            }
            guard line.contains("dependencies: [\"") || line.hasPrefix("                \"") else { continue }
            for own in line.matches(of: /"(Mend\w+|mendd?|CSystemd)"/) where String(own.1) != current {
                #expect(declared.contains(String(own.1)), "\(current) needs \(own.1), which is declared after it")
            }
        }
        #expect(declared.count > 10)
    }
}
