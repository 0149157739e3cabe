// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

/// For `skein --version`. Nil in an unpacked archive, which is no repository.
let commit = Context.gitInformation.map {
    String($0.currentCommit.prefix(10)) + ($0.hasUncommittedChanges ? "+" : "")
}

let package = Package(
    name: "skein",
    products: [.executable(name: "skein", targets: ["Skein"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        // The commit that the program is built from, which Swift's own settings cannot define.
        .target(name: "CBuild", cSettings: commit.map { [.define("SKEIN_COMMIT", to: "\"\($0)\"")] } ?? []),
        .target(name: "Postgres", dependencies: ["CLibPQ"], swiftSettings: strict),
        .target(
            name: "PlanFile", dependencies: ["CLibYAML"], swiftSettings: strict,
        ),
        // Bytes of the logical decoding plugins to changes; pure.
        .target(name: "LogicalDecoding", swiftSettings: strict),
        // Named places at which a test kills the process.
        .target(name: "Faults", swiftSettings: strict),
        .target(name: "Catalog", dependencies: ["Postgres", "PlanFile"], swiftSettings: strict),
        .target(
            name: "Planning", dependencies: ["PlanFile", "Catalog", heap], swiftSettings: strict,
        ),
        // Receives, spools and applies the source's changes.
        .target(
            name: "ChangeStream", dependencies: ["Postgres", "LogicalDecoding", "PlanFile", "Planning", "Faults"],
            swiftSettings: strict,
        ),
        .target(
            name: "Execution",
            dependencies: [
                "Postgres", "PlanFile", "Catalog", "Planning", "LogicalDecoding", "ChangeStream", "Faults", heap,
            ],
            swiftSettings: strict,
        ),
        .executableTarget(
            name: "Skein",
            dependencies: [
                "PlanFile", "Catalog", "Planning", "LogicalDecoding", "ChangeStream", "Execution", "Postgres",
                "CBuild", argumentParser,
            ],
            exclude: ["Packaging/copyright", "Packaging/deb"], swiftSettings: strict,
        ),
        // The servers that integration tests run against, and scratch databases on them.
        .target(name: "TestServers", dependencies: ["Postgres"], path: "Tests/TestServers", swiftSettings: strict),
        // JSON Schema, as far as our schemas use it.
        .target(name: "JSONSchemas", path: "Tests/JSONSchemas", swiftSettings: strict),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Postgres", argumentParser], path: "Tests/Benchmarks",
            exclude: ["iot.sql", "Contenders", "Plans", "Live/changes.sql"], swiftSettings: strict,
        ),
        // Kills at random what takes part in a live migration, and looks whether anything was lost or doubled.
        .executableTarget(
            name: "Chaos", dependencies: ["Postgres", "Faults", "TestServers", argumentParser], path: "Tests/Chaos",
            swiftSettings: strict,
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestServers"], swiftSettings: strict),
        .testTarget(
            name: "LogicalDecodingTests", dependencies: ["LogicalDecoding", "Postgres", "TestServers"],
            swiftSettings: strict,
        ),
        .testTarget(
            name: "PlanFileTests", dependencies: ["PlanFile", "JSONSchemas", "TestServers"], swiftSettings: strict,
        ),
        .testTarget(
            name: "CatalogTests", dependencies: ["Catalog", "Postgres", "TestServers"], swiftSettings: strict,
        ),
        .testTarget(
            name: "PlanningTests", dependencies: ["Planning", "Catalog", "PlanFile", "Postgres", "TestServers"],
            exclude: ["Runbook/Snapshots"], swiftSettings: strict,
        ),
        .testTarget(
            name: "ChangeStreamTests",
            dependencies: [
                "ChangeStream", "LogicalDecoding", "Planning", "PlanFile", "Postgres", "TestServers",
            ],
            swiftSettings: strict,
        ),
        .testTarget(
            name: "ExecutionTests",
            dependencies: [
                "Execution", "ChangeStream", "LogicalDecoding", "Planning", "Catalog", "PlanFile", "Postgres", "Faults",
                "TestServers",
            ],
            swiftSettings: strict,
        ),
        .testTarget(
            name: "SkeinTests",
            dependencies: [
                "Skein", "Chaos", "Execution", "Faults", "JSONSchemas", "PlanFile", "Postgres", "TestServers",
            ],
            exclude: ["Commands/Snapshots"], swiftSettings: strict,
        ),
    ]
)
