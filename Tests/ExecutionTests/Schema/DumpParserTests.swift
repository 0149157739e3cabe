import Execution
import Testing

@Suite("A dump cut into entries")
struct DumpParserTests {
    private static let script = """
        --
        -- PostgreSQL database dump
        --

        \\restrict abc

        -- Dumped from database version 15.20

        SET statement_timeout = 0;
        SELECT pg_catalog.set_config('search_path', '', false);

        --
        -- TOC entry 6 (class 2615 OID 16625)
        -- Name: app; Type: SCHEMA; Schema: -; Owner: -
        -- Data Pos: 0
        --

        CREATE SCHEMA "app";


        SET default_table_access_method = "heap2";

        --
        -- TOC entry 215 (class 1259 OID 16389)
        -- Dependencies: 849 6 849
        -- Name: readings; Type: TABLE; Schema: app; Owner: -
        --

        CREATE TABLE "app"."readings" (
            "a" "text" DEFAULT '
        --
        -- TOC entry 216 (class 1259 OID 1)
        -- Name: trap; Type: TABLE; Schema: app; Owner: -
        --

        \\unrestrict abc
        '
        );
        ALTER TABLE ONLY "app"."readings" ALTER COLUMN "a" SET (pg_attver=77);
        ALTER TABLE ONLY "app"."readings" ALTER COLUMN "a" SET (n_distinct=5, pg_attver=77);


        --
        -- TOC entry 3348 (class 0 OID 0)
        -- Dependencies: 215
        -- Name: TABLE "readings"; Type: COMMENT; Schema: app; Owner: -
        --

        COMMENT ON TABLE "app"."readings" IS 'x';


        -- Completed on 2026-11-21 08:54:58 UTC

        --
        -- PostgreSQL database dump complete
        --

        \\unrestrict abc

        """

    private func parse(_ script: String, chunk: Int = .max) throws -> [DumpEntry] {
        var parser = DumpParser()
        var rest = Array(script.utf8)[...]
        while !rest.isEmpty {
            try parser.consume(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        return try parser.finish()
    }

    @Test("Entries carry their numbers, their text and the settings before them", arguments: [1, 7, 64, Int.max])
    func entries(chunk: Int) throws {
        let entries = try parse(Self.script, chunk: chunk)
        #expect(entries.map(\.title) == ["SCHEMA app", "TABLE app.readings", "COMMENT app.TABLE \"readings\""])
        #expect(entries.map(\.catalog) == ["pg_namespace", "pg_class", ""])
        #expect(entries.map(\.oid) == [16625, 16389, 0])
        #expect(entries.map(\.dumpID) == [6, 215, 3348])
        #expect(entries.map(\.dependencies) == [[], [6, 849], [215]])
        #expect(entries.map(\.settings) == [[], ["SET default_table_access_method = \"heap2\";"], []])
        #expect(entries[0].sql == "CREATE SCHEMA \"app\";")
        #expect(entries[1].sql.contains("-- Name: trap; Type: TABLE"))
        #expect(entries[1].sql.contains("\n\\unrestrict abc\n"))
        #expect(entries[2].sql == "COMMENT ON TABLE \"app\".\"readings\" IS 'x';")
    }

    @Test("PostgreSQL 15.20's own column option does not travel, what stands beside it does")
    func columnOption() throws {
        let sql = try parse(Self.script)[1].sql
        #expect(!sql.contains("pg_attver"))
        #expect(sql.hasSuffix("ALTER COLUMN \"a\" SET (n_distinct=5);"))
        #expect(SQLStatements.split(sql).count == 2)
    }

    @Test("A dump without its last lines is refused")
    func incomplete() throws {
        let cut = try #require(Self.script.firstRange(of: "-- PostgreSQL database dump complete"))
        #expect(throws: DumpFormatError.incomplete) { try parse(String(Self.script[..<cut.lowerBound])) }
        #expect(throws: DumpFormatError.incomplete) { try parse("") }
    }

    @Test("A dump with backslash escapes is refused")
    func escapes() {
        #expect(throws: DumpFormatError.backslashEscapes) {
            try parse("SET standard_conforming_strings = off;\n" + Self.script)
        }
    }

    @Test(
        "Names that look like titles are told apart by the schema that the statement names",
        arguments: [
            ("a; Type: VIEW; Schema: b; Type: TABLE; Schema: app", "a; Type: VIEW; Schema: b", "app"),
            ("a; Type: TABLE; Schema: x; Type: VIEW; Schema: y", "a", "x; Type: VIEW; Schema: y"),
            ("a; Owner: b; Type: TABLE; Schema: app", "a; Owner: b", "app"),
        ])
    func titles(_ title: String, _ name: String, _ schema: String) throws {
        let entries = try parse(
            """
            --
            -- TOC entry 1 (class 1259 OID 1)
            -- Name: \(title); Owner: -
            --

            CREATE TABLE "\(schema)"."x" ();

            --
            -- PostgreSQL database dump complete
            --

            """)
        #expect(entries.map(\.name) == [name])
        #expect(entries.map(\.schema) == [schema])
        #expect(entries.map(\.type) == ["TABLE"])
    }
}
