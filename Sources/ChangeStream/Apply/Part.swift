internal import LogicalDecoding

/// Changes that one worker applies, by table: of different tables they are independent of each other, as neither
/// triggers nor foreign keys fire.
///
/// Made on the applier's thread, then handed over to a worker's and touched there alone.
final class Part {
    var arena = Arena()
    private var works: [TableWork?]
    private(set) var touched: [Int] = []
    /// Statements that belong to the changes.
    var notes: [Segment.Statement] = []

    init(tables: Int) { works = Array(repeating: nil, count: tables) }

    var isEmpty: Bool { touched.isEmpty }

    func work(_ table: Int, width: Int) -> TableWork {
        if let work = works[table] { return work }
        let work = TableWork(table: table, width: width)
        works[table] = work
        touched.append(table)
        return work
    }

    var all: [TableWork] { touched.compactMap { works[$0] } }
}

/// Statements, then changes of disjoint keys: what must come before what is in an earlier segment.
final class Segment {
    struct Statement {
        var sql: String
        var parameters: [String?] = []
    }

    var statements: [Statement] = []
    var parts: [Part]

    init(parts count: Int, tables: Int) { parts = (0..<count).map { _ in Part(tables: tables) } }

    var isEmpty: Bool { statements.isEmpty && parts.allSatisfy(\.isEmpty) }
}

/// Whole source transactions that are applied together, or a part of a large one.
final class Batch {
    let partCount: Int
    private let tables: Int
    private(set) var segments: [Segment]
    var changes = 0
    var transactions = 0
    /// Nothing of it has been sent yet.
    var isWhole = true
    /// How many of the changes have been sent, in parts.
    var sent = 0

    init(partCount: Int, tables: Int) {
        self.partCount = partCount
        self.tables = tables
        segments = [Segment(parts: partCount, tables: tables)]
    }

    var current: Segment { segments[segments.count - 1] }
    /// Its parts depend on each other: one worker applies all.
    var isTied: Bool { segments.count > 1 || !segments[0].statements.isEmpty }
    var bytes: Int { segments.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.arena.bytes.count } } }
    var isEmpty: Bool { segments.allSatisfy(\.isEmpty) }

    /// All that follows comes behind all that is there.
    func seal() {
        if !current.isEmpty { segments.append(Segment(parts: partCount, tables: tables)) }
    }

    /// Hands out what was gathered, and begins anew.
    func take() -> [Segment] {
        defer { segments = [Segment(parts: partCount, tables: tables)] }
        return segments.filter { !$0.isEmpty }
    }
}
