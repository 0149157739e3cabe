import Catalog
import PlanFile
import TestServers
import Testing

@testable import Planning

@Suite("Ten thousand tables with three indexes each")
struct LargeSchemaTests {
    /// Made in one go: the builder's own lookups are for small catalogs.
    static func catalog(tables: Int) -> Catalog {
        var builder = CatalogBuilder()
        let table = builder.addTable(
            "t",
            [
                .init("id", .int8, notNull: true), .init("parent_id", .int8), .init("name", .text),
                .init("at", .timestamptz),
            ]
        )
        builder.addPrimaryKey("t_pkey", on: table, ["id"])
        builder.addIndex("t_name_idx", on: table, ["name"])
        builder.addIndex("t_at_idx", on: table, ["at"])
        builder.addForeignKey("t_parent_fkey", on: table, ["parent_id"], references: table, ["id"])
        builder.addSequence("t_id_seq", ownedBy: table, column: 1)
        let one = builder.catalog
        builder.edit { catalog in
            catalog.relations = []
            catalog.indexes = []
            catalog.constraints = []
            catalog.sequences = []
            for number in 0..<tables {
                // Object ids of the first table and its parts lie below 100.
                let shift = OID(number) * 100
                func name(_ name: QualifiedName) -> QualifiedName {
                    QualifiedName(schema: name.schema, name: "\(name.name)_\(number)")
                }
                var relation = one.relations[0]
                relation.oid += shift
                relation.name = name(relation.name)
                relation.tableBytes = Int64(number % 977) << 20
                catalog.relations.append(relation)
                for var index in one.indexes {
                    index.oid += shift
                    index.table += shift
                    index.name = name(index.name)
                    index.constraint = index.constraint.map { $0 + shift }
                    index.definition += String(number)
                    catalog.indexes.append(index)
                }
                for var constraint in one.constraints {
                    constraint.oid += shift
                    constraint.table += shift
                    constraint.index = constraint.index.map { $0 + shift }
                    // Every table refers to the one before.
                    constraint.referencedTable = constraint.referencedTable.map { $0 + (number > 0 ? shift - 100 : 0) }
                    catalog.constraints.append(constraint)
                }
                for var sequence in one.sequences {
                    sequence.oid += shift
                    sequence.name = name(sequence.name)
                    sequence.ownerTable = sequence.ownerTable.map { $0 + shift }
                    catalog.sequences.append(sequence)
                }
            }
        }
        return builder.catalog
    }

    @Test("are compiled, fingerprinted and worded in a moment")
    func compiled() {
        let source = Self.catalog(tables: 10_000)
        let target = CatalogBuilder(versionNumber: 170_011).catalog
        var compilation: Compiler.Compilation?
        let compiling = ProcessorTime.measure {
            compilation = Compiler.compile(.sample(), source: source, target: target)
        }
        guard let compilation else { return }
        #expect(compilation.graph.isWellFormed)
        // A copy, three indexes, a constraint, a foreign key, its validation, an analyze and a verification each.
        #expect(compilation.graph.tasks.count == 90_000 + 5)
        // Few edges: what waits for everything waits for what nothing else waits for.
        #expect(compilation.graph.tasks.reduce(0) { $0 + $1.needs.count } < 250_000)
        var text = ""
        let wording = ProcessorTime.measure {
            let document = PlanDocument(
                .sample(), source: source, target: target, selection: compilation.selection, graph: compilation.graph,
                diagnostics: [])
            text = PlanText.render(document)
        }
        #expect(text.utf8.count > 10_000 * 40)
        let fingerprinting = ProcessorTime.measure { _ = Fingerprint.source(source, compilation.selection) }
        print("compiling \(compiling), wording \(wording), fingerprint \(fingerprinting)")
        // Far from what it takes even without optimisation: this is about squares, not about milliseconds.
        #expect(compiling < .seconds(30) && wording < .seconds(30) && fingerprinting < .seconds(60))
    }
}
