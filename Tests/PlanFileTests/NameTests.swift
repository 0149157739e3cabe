import PlanFile
import Testing

@Suite("Names")
struct NameTests {
    @Test(
        "qualified names read as in SQL: unquoted parts fold, quoted ones stay",
        arguments: [
            ("public.readings", "public", "readings"), ("Public.READINGS", "public", "readings"),
            ("public.\"My Table\"", "public", "My Table"), ("\"a.b\".\"c\"\"d\"", "a.b", "c\"d"),
            ("Ä.straße", "Ä", "straße"), ("a$1._b", "a$1", "_b"), ("my-schema.2024-data", "my-schema", "2024-data"),
            ("\"select\".\"\n\"", "select", "\n"),
            ("public." + String(repeating: "x", count: 63), "public", String(repeating: "x", count: 63)),
        ])
    func qualified(_ text: String, _ schema: String, _ name: String) throws {
        let qualified = try QualifiedName(parsing: text)
        #expect(qualified == QualifiedName(schema: schema, name: name))
        #expect(try QualifiedName(parsing: qualified.description) == qualified)
        #expect(try QualifiedName(parsing: qualified.sql) == qualified)
    }

    @Test(
        "what is no qualified name is refused",
        arguments: [
            "", ".", "a", "a.", ".b", "a.b.c", "a b.c", "a.b*", "a.\"\"", "a.\"b", "a.b\"", "a.\"b\"c", "a . b",
            "a;b.c",
            "a.b ", "a." + String(repeating: "ü", count: 32),
        ])
    func refused(_ text: String) {
        #expect(throws: ValueProblem.self) { try QualifiedName(parsing: text) }
    }

    @Test(
        "patterns match as written: wildcards outside quotes, folded there, literal inside",
        arguments: [
            ("public.tmp_*", "public.tmp_a", true), ("public.tmp_*", "public.tmp_", true),
            ("public.tmp_*", "public.tmp", false), ("Public.TMP?", "public.tmp1", true),
            ("public.tmp?", "public.tmp", false), ("*.*", "a.b", true), ("*a*b*.x", "1a2b3.x", true),
            ("*a*b*.x", "1b2a3.x", false), ("public.\"tmp_*\"", "public.tmp_1", false),
            ("public.\"tmp_*\"", "public.tmp_*", true), ("public.\"Tmp\"", "public.tmp", false),
            ("*.a", "x.b", false), ("***.a", "x.a", true),
        ])
    func patterns(_ pattern: String, _ name: String, _ matches: Bool) throws {
        let parts = name.split(separator: ".").map(String.init)
        let name = QualifiedName(schema: parts[0], name: parts[1])
        #expect(try QualifiedNamePattern(parsing: pattern).matches(name) == matches)
    }

    @Test("a pattern keeps its text and knows whether it names one object")
    func literal() throws {
        #expect(try QualifiedNamePattern(parsing: "a.\"B*\"").isLiteral)
        #expect(try !QualifiedNamePattern(parsing: "a.b*").isLiteral)
        #expect(try QualifiedNamePattern(parsing: "a.\"B*\"").text == "a.\"B*\"")
        #expect(try NamePattern(parsing: "\"a.b\"").matches("a.b"))
    }

    @Test("orders name a column, its direction and where nulls go")
    func orders() throws {
        func order(_ text: String) throws -> String {
            let order = try Plan.OrderedColumn(parsing: text)
            let nulls = order.nullsFirst.map { $0 ? " first" : " last" } ?? ""
            return order.column + (order.descending ? " down" : " up") + nulls
        }
        #expect(try order("time") == "time up")
        #expect(try order("Time DESC") == "time down")
        #expect(try order("\"My Time\"  asc  nulls first") == "My Time up first")
        #expect(try order("time desc NULLS LAST") == "time down last")
        #expect(try order("\"a, b\" desc") == "a, b down")
        for text in ["", "desc time", "time Desc", "time asc desc", "time nulls", "a b", "time desc,"] {
            #expect(throws: ValueProblem.self, "\(text)") { try Plan.OrderedColumn(parsing: text) }
        }
    }

    @Test("a plan's name fits a slot's name")
    func planNames() throws {
        #expect(try PlanName(parsing: "iot-production").identifier == "iot_production")
        let longest = try PlanName(parsing: String(repeating: "a", count: 48))
        #expect("skein_\(longest.identifier)".utf8.count <= 63)
        for text in ["", "A", "a b", "a.b", "ä", String(repeating: "a", count: 49)] {
            #expect(throws: ValueProblem.self, "\(text)") { try PlanName(parsing: text) }
        }
    }
}
