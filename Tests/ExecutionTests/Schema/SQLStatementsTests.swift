import Execution
import Testing

@Suite("Scripts cut into statements")
struct SQLStatementsTests {
    @Test(
        "Semicolons inside of literals, names, bodies, comments and parentheses end nothing",
        arguments: [
            "select 'a;b', 'it''s;', E'\\';', e'x\\\\';",
            #"select "a;""b;", U&"d!;" uescape '!';"#,
            "select $$;$a$;$$, $a$;$b$;$$;$a$, a$1$ + $1;",
            "select 1 /* ; /* ; */ ' */ -- ;'\n + 2;",
            "create rule r as on insert to t do also (insert into u values (1); delete from u);",
            "create function f(a int) returns int begin atomic select case when a > 0 then 1 else 2 end; select 2; end;",
            #"create function f() returns int begin atomic select "end" from "case"; end;"#,
            "select a[1:2], E'''\\';', 'ünï;', \"字;\";",
        ])
    func whole(_ statement: String) {
        #expect(SQLStatements.split(statement + "\n select 2") == [statement, "select 2"])
    }

    @Test("Empty text holds no statement")
    func empty() {
        #expect(SQLStatements.split("") == [])
        #expect(SQLStatements.split(" \n -- only a comment\n") == [])
    }

    @Test("What follows an index's own statement is kept apart")
    func trailing() {
        let entry = DumpEntry(
            sequence: 1, dumpID: 1, catalog: "pg_class", oid: 1, type: "INDEX", name: "i",
            sql:
                "CREATE INDEX \"i;\" ON \"t\" (\"a\");\nALTER INDEX \"i;\" ALTER COLUMN 1 SET STATISTICS 3;\n\nALTER TABLE \"t\" CLUSTER ON \"i;\";"
        )
        #expect(
            entry.trailingStatements == [
                "ALTER INDEX \"i;\" ALTER COLUMN 1 SET STATISTICS 3;", "ALTER TABLE \"t\" CLUSTER ON \"i;\";",
            ])
    }
}
