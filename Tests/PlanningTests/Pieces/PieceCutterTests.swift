@testable import PlanFile
import Testing

@testable import Catalog
@testable import Planning

@Suite("Cutting a table into pieces")
struct PieceCutterTests: PieceCutting {
    @Test("is not done to a table that is not larger than the split: it is one piece and frozen")
    func whole() {
        let value = cut(bytes: 10 << 30)
        #expect(shown(value) == ["all"])
        #expect(value.way == .whole)
        #expect(value.pieces[0].mayFreeze)
        #expect(value.pieces[0].estimatedRows == 1000)
        #expect(value.pieces[0].estimatedBytes == 10 << 30)
    }

    @Test("goes along a key that the heap follows, with open ends")
    func ranges() {
        let value = cut()
        #expect(shown(value) == ["…250", "250…500", "500…750", "750…"])
        #expect(value.way == .ranges)
        #expect(value.why == "by id (index public.t_key)")
        #expect(value.pieces.map(\.number) == [1, 2, 3, 4])
        #expect(value.pieces.allSatisfy { $0.count == 4 && !$0.mayFreeze && $0.estimatedRows == 250 })
    }

    @Test("gives NULL a piece of its own where the column allows it")
    func null() {
        let value = cut(.init("id", .int8, statistics: .known(nulls: 0.2)))
        #expect(shown(value) == ["…250", "250…500", "500…750", "750…", "null"])
        #expect(value.pieces.last?.estimatedRows == 200)
        #expect(value.pieces.first?.estimatedRows == 200)
    }

    @Test("goes by block where the heap does not follow a key")
    func blocks() {
        let value = cut(.init("id", .int8, notNull: true, statistics: .known(correlation: 0.5)))
        let blocks = (40 << 30) / 8192 / 4
        #expect(
            shown(value) == [
                "blocks 0…\(blocks)", "blocks \(blocks)…\(2 * blocks)", "blocks \(2 * blocks)…\(3 * blocks)",
                "blocks \(3 * blocks)…",
            ])
        #expect(value.way == .blocks)
        #expect(value.why == "by block: its rows do not lie in the order of id")
    }

    @Test("follows a descending order as well as an ascending one")
    func descending() {
        #expect(cut(.init("id", .int8, notNull: true, statistics: .known(correlation: -0.97))).way == .ranges)
    }

    @Test(
        "takes no other index than a whole, valid btree in the type's own order",
        arguments: [
            { $0.method = "hash" }, { $0.isPartial = true }, { $0.isValid = false },
            { $0.keys[0].hasDefaultOperatorClass = false }, { $0.keys[0].hasColumnCollation = false },
            { $0.keys[0].column = nil }, { $0.keys = [] },
        ] as [@Sendable (inout Catalog.Index) -> Void]
    )
    func unsuitable(change: @Sendable (inout Catalog.Index) -> Void) {
        let value = cut(adjust: { builder, _ in builder.edit { change(&$0.indexes[0]) } })
        #expect(value.way == .blocks)
        #expect(value.why == "by block: no index leads with a column that rows can be cut by")
    }

    @Test(
        "takes only types that we order as the server does",
        arguments: [
            (CatalogBuilder.BuiltIn.int2, nil, true), (.int4, nil, true), (.date, nil, true), (.timestamp, nil, true),
            (.timestamptz, nil, true), (.uuid, nil, true), (.bytea, nil, true), (.text, "C", true),
            (.varchar, "POSIX", true), (.text, "default", false), (.text, "en_US", false), (.numeric, nil, false),
            (.float8, nil, false), (.jsonb, nil, false),
        ] as [(CatalogBuilder.BuiltIn, String?, Bool)]
    )
    func types(type: CatalogBuilder.BuiltIn, collation: String?, isCut: Bool) {
        // In an order that all of them have.
        let values: [String] =
            switch type {
            case .date: (1...9).map { "2024-01-0\($0)" }
            case .timestamp: (1...9).map { "2024-01-0\($0) 00:00:00" }
            case .timestamptz: (1...9).map { "2024-01-0\($0) 00:00:00+00" }
            case .uuid: (1...9).map { "0000000\($0)-0000-0000-0000-000000000000" }
            case .bytea: (1...9).map { "\\x0\($0)" }
            default: (1...9).map { "\($0)" }
            }
        let column = Column(
            "k", type, notNull: true, collation: collation, statistics: .known(histogram: values))
        let value = cut(column)
        #expect(value.way == (isCut ? .ranges : .blocks))
        if isCut {
            #expect(
                shown(value) == [
                    "…\(values[2])", "\(values[2])…\(values[4])", "\(values[4])…\(values[6])", "\(values[6])…",
                ])
        }
    }

    @Test("takes text under C only where both servers store UTF-8")
    func encoding() {
        let column = Column(
            "k", .text, notNull: true, collation: "C",
            statistics: .known(histogram: ["a", "b", "c", "d", "e"]))
        #expect(cut(column, adjust: { builder, _ in builder.edit { $0.server.encoding = "LATIN1" } }).way == .blocks)
    }

    @Test(
        "takes text of the database's own collation only where both databases order by bytes",
        arguments: [("C", "c", true), ("POSIX", "c", true), ("C.UTF-8", "c", false), ("C", "i", false)]
    )
    func defaultCollation(collate: String, provider: String, isCut: Bool) {
        let column = Column(
            "k", .text, notNull: true, statistics: .known(histogram: ["a", "b", "c", "d", "e"]))
        let value = cut(
            column,
            adjust: { builder, _ in
                builder.edit { catalog in
                    catalog.server.collate = collate
                    catalog.server.localeProvider = provider
                }
            }, target: { $0.collate = "C" })
        #expect((value.way == .ranges) == isCut)
        #expect(cut(column, adjust: { builder, _ in builder.edit { $0.server.collate = "C" } }).way == .blocks)
    }

    @Test("casts to the type without its modifier")
    func casts() {
        let column = Column(
            "k", .varchar, notNull: true, collation: "C", statistics: .known(histogram: ["a", "b", "c"]))
        #expect(cut(column).pieces.first?.condition == "\"k\" < 'b'::text")
    }

    @Test("names borders between the buckets where there are fewer of them than pieces")
    func interpolation() {
        let value = cut(bytes: 80 << 30, plan: { $0.copy.splitTablesLargerThan = Located(ByteCount(bytes: 5 << 30)) })
        #expect(value.pieces.count == 16)
        #expect(shown(value).prefix(3) == ["…63", "63…125", "125…188"])
    }

    @Test("cuts from the smallest to the greatest value evenly where nothing more is known")
    func uniform() {
        let known = Catalog.ColumnStatistics.known(histogram: [], minimum: "0", maximum: "400")
        #expect(
            shown(cut(.init("id", .int8, notNull: true, statistics: known))) == ["…100", "100…200", "200…300", "300…"])
    }

    @Test("counts frequent values, which histograms leave out")
    func frequentValues() {
        // Half of the rows have the value 950.
        let known = Catalog.ColumnStatistics.known(common: [("950", 0.5)])
        let value = shown(cut(.init("id", .int8, notNull: true, statistics: known)))
        #expect(value == ["…500", "500…950", "950…951", "951…"])
    }

    @Test("cuts a column of few values at the values themselves")
    func fewValues() {
        let known = Catalog.ColumnStatistics.known(
            histogram: [], minimum: "1", maximum: "4", common: [("3", 0.4), ("1", 0.2), ("4", 0.2), ("2", 0.2)])
        #expect(shown(cut(.init("id", .int2, notNull: true, statistics: known))) == ["…2", "2…3", "3…4", "4…"])
    }

    @Test("never names a border beyond what the type holds")
    func typeEnds() {
        let known = Catalog.ColumnStatistics.known(histogram: [], common: [("32767", 0.9), ("-32768", 0.1)])
        #expect(shown(cut(.init("id", .int2, notNull: true, statistics: known))).allSatisfy { !$0.contains("32768") })
    }

    @Test("leaves infinity to the open ends")
    func infinity() {
        let known = Catalog.ColumnStatistics.known(
            histogram: ["-infinity", "2024-01-01", "2024-01-03", "2024-01-05", "infinity"])
        #expect(
            shown(cut(.init("d", .date, notNull: true, statistics: known)))
                == ["…2024-01-02", "2024-01-02…2024-01-03", "2024-01-03…2024-01-04", "2024-01-04…"])
    }

    @Test("of unsplittable statistics goes by block", arguments: [[], ["5", "5", "5"], ["7"]])
    func constant(histogram: [String]) {
        #expect(
            cut(.init("id", .int8, notNull: true, statistics: .known(histogram: histogram))).way == .blocks)
    }

    @Test("on PostgreSQL 13 takes any key before blocks, and one piece before those, with a warning")
    func oldServer() {
        let low = Catalog.ColumnStatistics.known(correlation: 0.1)
        #expect(cut(.init("id", .int8, notNull: true, statistics: low), version: 130_020).way == .ranges)
        let value = cut(version: 130_020, indexed: false)
        #expect(shown(value) == ["all"])
        #expect(value.diagnostics.map(\.code) == ["SK159"])
        #expect(value.diagnostics.map(\.severity) == [.warning])
    }

    @Test("prefers the key to another index that the heap follows as well")
    func preference() {
        let other = Column("a", .int8, notNull: true, statistics: .known())
        let value = cut(
            .init("id", .int8, notNull: true, statistics: .known(correlation: 0.95)), others: [other],
            adjust: { builder, table in builder.addIndex("a_idx", on: table, ["a"]) })
        #expect(value.why == "by id (index public.t_key)")
        let second = cut(
            .init("id", .int8, notNull: true, statistics: .known(correlation: 0.1)), others: [other],
            adjust: { builder, table in builder.addIndex("a_idx", on: table, ["a"]) })
        #expect(second.why == "by a (index public.a_idx)")
    }

    @Test("makes at most ten thousand pieces, and none smaller than a block")
    func tiny() {
        let many = cut(plan: { $0.copy.splitTablesLargerThan = Located(ByteCount(bytes: 1)) })
        #expect(many.pieces.count <= 10_000 && many.pieces.count > 500)
        let few = cut(
            bytes: 5 * 8192, indexed: false, plan: { $0.copy.splitTablesLargerThan = Located(ByteCount(bytes: 1)) })
        #expect(shown(few) == ["blocks 0…1", "blocks 1…2", "blocks 2…3", "blocks 3…4", "blocks 4…"])
    }

    @Test("of a heap that is one block with much TOAST leaves it whole")
    func toast() {
        let value = cut(indexed: false, adjust: { builder, _ in builder.edit { $0.relations[0].heapBytes = 8192 } })
        #expect(shown(value) == ["all"])
        #expect(value.pieces[0].mayFreeze)
    }

    @Test("covers every row once: ranges meet, ends are open", arguments: 0..<40)
    func coverage(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let bounds = (0..<Int.random(in: 2...101, using: &generator)).map { _ in
            Int.random(in: -1000...1000, using: &generator)
        }
        let common = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
            (String(Int.random(in: -1000...1000, using: &generator)), Double.random(in: 0...0.04, using: &generator))
        }
        let known = Catalog.ColumnStatistics.known(
            histogram: bounds.sorted().map(String.init),
            common: Array(Dictionary(common) { first, _ in first }.map { ($0.key, $0.value) }))
        let size = Int64.random(in: 1...20, using: &generator) << 30
        let value = cut(
            .init("id", .int8, notNull: true, statistics: known),
            plan: { $0.copy.splitTablesLargerThan = Located(ByteCount(bytes: size)) })
        guard value.way == .ranges else { return }
        var last: String?
        for (position, piece) in value.pieces.enumerated() {
            guard case .range(_, _, let lower, let upper) = piece.rows else { return #expect(Bool(false)) }
            #expect(lower == last)
            #expect((lower == nil) == (position == 0))
            #expect((upper == nil) == (position == value.pieces.count - 1))
            if let lower, let upper { #expect(Int(lower)! < Int(upper)!) }
            last = upper
        }
    }

    @Test("goes along the replica identity's columns only, where changes will be judged by pieces")
    func identity() {
        func way(_ choice: Plan.Identity.Choice?, _ adjust: (inout Catalog) -> Void = { _ in }) -> TableDecision.Way {
            let other = Column("a", .int8, notNull: true, statistics: .known())
            return cut(
                .init("id", .int8, notNull: true), others: [other],
                adjust: { builder, table in
                    builder.addIndex("a_idx", on: table, ["a"])
                    builder.edit { catalog in
                        catalog.indexes[0].isPrimary = true
                        adjust(&catalog)
                    }
                },
                plan: { plan in
                    plan.mode = Located(.live)
                    let table = Located(QualifiedName(schema: "public", name: "t"))
                    plan.replication.identity = choice.map { [.init(table: table, choice: Located($0))] } ?? []
                }
            ).way
        }
        #expect(way(nil) == .blocks)
        #expect(way(.full) == .ranges)
        #expect(way(.insertsOnly) == .ranges)
        #expect(way(nil) { $0.relations[0].replicaIdentity = .full } == .ranges)
        #expect(way(nil) { $0.relations[0].replicaIdentity = .nothing } == .ranges)
        // A deferrable key is no identity, so that only inserts are followed.
        #expect(way(nil) { $0.indexes[0].isImmediate = false } == .ranges)
        #expect(way(.index("a_idx")) { $0.indexes[1].isUnique = true } == .ranges)
        #expect(way(.index("t_key")) == .blocks)
    }
}
