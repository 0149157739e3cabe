/// After a snapshot was lost: compares what was copied before with what the new one sees.
struct Recheck {
    init(_ context: RunContext, _ snapshot: SnapshotReference, tell: @escaping @Sendable (RunEvent) -> Void) {}
    func run() async throws -> [Int] { [] }
}
