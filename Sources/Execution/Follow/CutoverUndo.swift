enum CutoverUndo {
    static func run(_ context: RunContext) async throws -> [Int] { [] }
}
