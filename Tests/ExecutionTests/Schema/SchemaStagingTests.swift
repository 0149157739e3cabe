import Execution
import Planning
import Testing

@Suite("Stages of a dump's entries")
struct SchemaStagingTests {
    private struct Row {
        var id: Int
        var type: String
        var name: String
        var needs: [Int] = []
        var schema = "app"
        var sql = ""
    }

    private func stages(_ rows: [Row], _ exclusions: Exclusions = Exclusions()) -> [String: SchemaStage] {
        let catalogs = [
            "FUNCTION": "pg_proc", "TYPE": "pg_type", "CONSTRAINT": "pg_constraint", "FK CONSTRAINT": "pg_constraint",
        ]
        let entries = rows.enumerated().map { position, row in
            DumpEntry(
                sequence: position + 1, dumpID: row.id, catalog: catalogs[row.type] ?? "pg_class", oid: UInt32(row.id),
                dependencies: row.needs, type: row.type, schema: row.schema, name: row.name, sql: row.sql)
        }
        let staged = SchemaStaging.stage(entries, exclusions: exclusions)
        return Dictionary(uniqueKeysWithValues: staged.map { ($0.entry.type + " " + $0.entry.name, $0.stage) })
    }

    @Test("Each kind has its stage; what comes with an index or a key follows it")
    func kinds() {
        let stages = stages([
            Row(id: 1, type: "EXTENSION", name: "hstore", schema: ""),
            Row(id: 2, type: "COMMENT", name: "EXTENSION \"hstore\"", needs: [1], schema: ""),
            Row(id: 3, type: "TABLE", name: "t", needs: [1]),
            Row(id: 4, type: "TABLE DATA", name: "t", needs: [3]),
            Row(id: 5, type: "VIEW", name: "v", needs: [3]),
            Row(id: 6, type: "CONSTRAINT", name: "t pk", needs: [3]),
            Row(id: 7, type: "COMMENT", name: "CONSTRAINT \"pk\"", needs: [6]),
            Row(id: 8, type: "MATERIALIZED VIEW", name: "m", needs: [6]),
            Row(id: 9, type: "INDEX", name: "mi", needs: [8]),
            Row(id: 18, type: "COMMENT", name: "INDEX \"mi\"", needs: [9]),
            Row(id: 10, type: "INDEX", name: "ti", needs: [3]),
            Row(id: 11, type: "INDEX ATTACH", name: "ti", needs: [10]),
            Row(id: 12, type: "FK CONSTRAINT", name: "t fk", needs: [3, 6]),
            Row(id: 13, type: "EVENT TRIGGER", name: "e"),
            Row(id: 14, type: "COMMENT", name: "EVENT TRIGGER \"e\"", needs: [13]),
            Row(id: 15, type: "PUBLICATION", name: "p"),
            Row(id: 16, type: "COMMENT", name: "PUBLICATION \"p\"", needs: [15]),
            Row(
                id: 17, type: "CONSTRAINT", name: "t nn", needs: [3],
                sql: "ALTER TABLE \"t\"\n    ADD CONSTRAINT \"nn\" NOT NULL \"a\" NOT VALID;"),
        ])
        let expected: [String: SchemaStage] = [
            "EXTENSION hstore": .skip, "COMMENT EXTENSION \"hstore\"": .skip, "TABLE t": .preData,
            "TABLE DATA t": .skip, "VIEW v": .preData, "CONSTRAINT t pk": .constraint,
            "COMMENT CONSTRAINT \"pk\"": .postData, "MATERIALIZED VIEW m": .postData, "INDEX mi": .index,
            "COMMENT INDEX \"mi\"": .eventTrigger,
            "INDEX ti": .index, "INDEX ATTACH ti": .attach, "FK CONSTRAINT t fk": .foreignKey,
            "EVENT TRIGGER e": .eventTrigger, "COMMENT EVENT TRIGGER \"e\"": .eventTrigger, "PUBLICATION p": .skip,
            "COMMENT PUBLICATION \"p\"": .skip, "CONSTRAINT t nn": .postData,
        ]
        #expect(stages == expected)
    }

    @Test("What depends on an excluded object is left out with it, and nothing else")
    func excluded() {
        let rows = [
            Row(id: 1, type: "TABLE", name: "out"),
            Row(id: 2, type: "COMMENT", name: "TABLE out", needs: [1]),
            Row(id: 3, type: "SEQUENCE", name: "owned", needs: [1], sql: "CREATE SEQUENCE x;"),
            Row(id: 4, type: "SEQUENCE OWNED BY", name: "owned", needs: [1, 3]),
            Row(id: 5, type: "SEQUENCE", name: "identity", needs: [1], sql: "ALTER TABLE x ADD GENERATED"),
            Row(id: 6, type: "TABLE", name: "uses the sequence", needs: [3]),
            Row(id: 7, type: "TABLE", name: "part", needs: [1]),
            Row(id: 8, type: "TABLE ATTACH", name: "part", needs: [1, 7]),
            Row(id: 9, type: "TABLE", name: "has its row type", needs: [1]),
            Row(id: 10, type: "VIEW", name: "circular"),
            Row(id: 11, type: "VIEW", name: "above", needs: [10]),
            Row(id: 12, type: "RULE", name: "circular _RETURN", needs: [1, 10]),
            Row(id: 13, type: "RULE", name: "in note", needs: [14, 1]),
            Row(id: 14, type: "TABLE", name: "in"),
        ]
        let stages = stages(rows, Exclusions(objects: [ExcludedObject(catalog: "pg_class", oid: 1)]))
        let kept = stages.filter { $0.value != .skip }.keys.sorted()
        #expect(kept == ["SEQUENCE owned", "TABLE in", "TABLE part", "TABLE uses the sequence"])
    }

    @Test("Excluded schemas and extensions take what is in them")
    func schemas() {
        let rows = [
            Row(id: 1, type: "SCHEMA", name: "a b", schema: ""), Row(id: 2, type: "TABLE", name: "t", schema: "a b"),
            Row(id: 3, type: "VIEW", name: "v", needs: [2]), Row(id: 4, type: "EXTENSION", name: "hstore", schema: ""),
            Row(id: 5, type: "TABLE", name: "tags", needs: [4]), Row(id: 6, type: "TABLE", name: "kept"),
        ]
        let stages = stages(rows, Exclusions(schemas: ["a\nb"], extensions: ["hstore"]))
        #expect(stages.filter { $0.value != .skip }.keys.sorted() == ["TABLE kept"])
    }

    @Test("A schema that is there already is no error")
    func schemaExists() {
        let entry = DumpEntry(
            sequence: 1, dumpID: 1, catalog: "pg_namespace", oid: 1, type: "SCHEMA", name: "a",
            sql: "CREATE SCHEMA \"a\";")
        let staged = SchemaStaging.stage([entry], exclusions: Exclusions())
        #expect(staged[0].entry.sql == "CREATE SCHEMA IF NOT EXISTS \"a\";")
    }

    @Test("A table whose partitions become a hypertable is made plain, without what sends its rows to children")
    func flattened() {
        let sql = """
            CREATE TABLE "app"."t" (
                "a" "text" DEFAULT '
            PARTITION BY x'::"text"
            )
            PARTITION BY RANGE ("a");
            """
        let entries = [
            DumpEntry(
                sequence: 1, dumpID: 1, catalog: "pg_class", oid: 1, type: "TABLE", schema: "app", name: "t", sql: sql),
            DumpEntry(
                sequence: 2, dumpID: 2, catalog: "pg_rewrite", oid: 2, dependencies: [1], type: "RULE", schema: "app",
                name: "t send"),
            DumpEntry(
                sequence: 3, dumpID: 3, catalog: "pg_rewrite", oid: 3, dependencies: [1], type: "RULE", schema: "app",
                name: "other to_t"),
        ]
        let staged = SchemaStaging.stage(entries, exclusions: Exclusions(flattened: [1]))
        #expect(staged.map(\.stage) == [.preData, .skip, .postData])
        #expect(staged[0].entry.sql.hasSuffix("\n);"))
        #expect(staged[0].entry.sql.contains("DEFAULT '\nPARTITION BY x'"))
    }

    @Test("What is on the target already is not made, nor what is its own; what needs it is")
    func present() {
        let rows = [
            Row(id: 1, type: "TABLE", name: "t"), Row(id: 2, type: "DEFAULT", name: "t a", needs: [1]),
            Row(id: 3, type: "VIEW", name: "v", needs: [1]), Row(id: 4, type: "INDEX", name: "i", needs: [1]),
            Row(id: 5, type: "TRIGGER", name: "t tr", needs: [1]),
            Row(id: 6, type: "POLICY", name: "other p", needs: [1]),
            Row(id: 7, type: "SEQUENCE OWNED BY", name: "s", needs: [1]),
            Row(id: 8, type: "FK CONSTRAINT", name: "other fk", needs: [1]),
        ]
        let stages = stages(rows, Exclusions(present: [ExcludedObject(catalog: "pg_class", oid: 1)]))
        let expected: [String: SchemaStage] = [
            "TABLE t": .skip, "DEFAULT t a": .skip, "VIEW v": .preData, "INDEX i": .index, "TRIGGER t tr": .skip,
            "POLICY other p": .postData, "SEQUENCE OWNED BY s": .skip, "FK CONSTRAINT other fk": .foreignKey,
        ]
        #expect(stages == expected)
    }
}
