// swift-tools-version: 6.2
import PackageDescription

// Targets are sorted by layer, the lowest first; an arrow never points upward. Tests/House holds this.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// What is exported cannot be left out, and a table of relocations is read whole at the start: together a fifth of what
// the daemon holds in memory.
let lean: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe",
            "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
        ], .when(platforms: [.linux], configuration: .release))
]

let package = Package(
    name: "mend",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "MendClient", targets: ["MendClient", "MendProtocol", "MendWire"]),
        .executable(name: "mendd", targets: ["mendd"]),
        .executable(name: "mend", targets: ["mend"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "MendWire", swiftSettings: strict),
        .target(name: "MendProtocol", dependencies: ["MendWire"], swiftSettings: strict),
        .target(
            name: "MendRules", dependencies: ["MendProtocol", "Yams"],
            resources: [.embedInCode("Rules"), .embedInCode("Catalogue")], swiftSettings: strict),
        .target(
            name: "MendEngine",
            dependencies: [
                "MendRules",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcess"),
        .target(
            name: "MendServer",
            dependencies: [
                "CLinux", "MendEngine",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "MendSystemd", dependencies: ["CSystemd"], swiftSettings: strict),
        .executableTarget(
            name: "mendd",
            dependencies: [
                "CLinux", "MendRules", "MendServer", "MendSystemd", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict, linkerSettings: lean),
        .target(
            name: "MendClient", dependencies: ["MendProtocol"],
            path: "clients/swift/Sources/MendClient", swiftSettings: strict),
        .executableTarget(
            name: "mend",
            dependencies: [
                "CProcess", "MendClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .target(name: "LoadKit", path: "Benchmarks/LoadKit", swiftSettings: strict),
        .executableTarget(
            name: "mend-bench",
            dependencies: [
                "LoadKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/mend-bench", swiftSettings: strict),

        .executableTarget(
            name: "mend-grouping",
            dependencies: [
                "MendEngine", "MendProtocol", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/mend-grouping", swiftSettings: strict),

        .executableTarget(
            name: "mend-history",
            dependencies: [
                "MendEngine", "MendProtocol", "MendWire", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/mend-history", swiftSettings: strict),

        .executableTarget(
            name: "mend-crash", dependencies: ["LoadKit", "MendWire"], path: "Tests/Crash", swiftSettings: strict),

        .target(
            name: "MendSimulation",
            dependencies: [
                "MendEngine", "MendProtocol", "MendWire", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Tests/Simulation/Model", swiftSettings: strict),
        .executableTarget(
            name: "mend-simulate",
            dependencies: [
                "MendSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Simulation/Command", swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["MendSimulation"], path: "Tests/Simulation/Tests",
            swiftSettings: strict),

        .testTarget(name: "MendWireTests", dependencies: ["MendWire"], swiftSettings: strict),
        .testTarget(name: "MendProtocolTests", dependencies: ["MendProtocol"], swiftSettings: strict),
        .testTarget(
            name: "MendRulesTests", dependencies: ["MendRules", "MendProtocol", "MendWire", "Yams"], exclude: ["Cases"],
            swiftSettings: strict),
        .testTarget(
            name: "MendEngineTests",
            dependencies: [
                "MendEngine", "MendProtocol", "MendRules", "MendWire", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Masking/Corpus"], swiftSettings: strict),
        .testTarget(
            name: "MendServerTests", dependencies: ["MendServer", "MendEngine", "MendProtocol"], swiftSettings: strict),
        .testTarget(name: "MendSystemdTests", dependencies: ["MendSystemd"], swiftSettings: strict),
        .testTarget(
            name: "MenddTests",
            dependencies: ["mendd", "MendRules", "MendProtocol", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(name: "MendClientTests", dependencies: ["MendClient", "mend"], swiftSettings: strict),
        .testTarget(
            name: "EndToEnd", dependencies: ["MendClient", "MendProtocol", "MendWire"], swiftSettings: strict),
        .testTarget(name: "House", swiftSettings: strict),

        .target(
            name: "FuzzHarness", dependencies: ["MendEngine", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/Fuzz/FuzzHarness", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["FuzzHarness", "MendWire", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/Fuzz/FuzzTests",
            swiftSettings: strict),
    ]
)

// `make fuzz` alone builds these, and says where the toolchain keeps libFuzzer. Only what is to be explored is
// instrumented.
if Context.environment["MEND_FUZZ"] != nil {
    #if arch(arm64)
        let libFuzzer = "clang_rt.fuzzer_no_main-aarch64"
    #else
        let libFuzzer = "clang_rt.fuzzer_no_main-x86_64"
    #endif
    for target in package.targets where ["MendWire", "MendProtocol", "MendEngine"].contains(target.name) {
        target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer"]))
    }
    package.targets.append(.systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"))
    for name in ["fuzz-wire", "fuzz-engine"] {
        package.targets.append(
            .executableTarget(
                name: name, dependencies: ["FuzzHarness", "CFuzzer"], path: "Tests/Fuzz/\(name)",
                swiftSettings: strict, linkerSettings: [.linkedLibrary(libFuzzer), .linkedLibrary("stdc++")]))
    }
}
