import LogicalDecoding
import Testing

@Suite struct Wal2jsonTests {
    private func insert(_ columns: String) -> String {
        #"{"action":"I","schema":"s","table":"t","columns":[\#(columns)]}"#
    }

    private func value(_ json: String, type: String = #""typeoid":25"#) throws -> OwnedChange.Value {
        guard
            case .insert(_, let values) = try decode(.wal2json, insert(#"{"name":"a",\#(type),"value":\#(json)}"#))[0]
        else { throw CancellationError() }
        return values[0]
    }

    @Test func `Transactions begin and end`() throws {
        let rest = #","xid":743,"timestamp":"2000-01-01 00:00:01+00","origin":0,"lsn":"0/10","nextlsn":"0/20"}"#
        let time = Timestamp(microseconds: 1_000_000)
        #expect(
            try decode(.wal2json, #"{"action":"B""# + rest, #"{"action":"C""# + rest, #"{"action":"B"}"#) == [
                .begin(Begin(xid: 743, finalLSN: LSN("0/10"), commitTime: time)),
                .commit(Commit(xid: 743, commitLSN: LSN("0/10"), endLSN: LSN("0/20"), commitTime: time)),
                .begin(Begin(xid: nil, finalLSN: nil, commitTime: nil)),
            ])
    }

    private static let valuesCases: [(String, OwnedChange.Value)] = [
        ("null", .null), ("true", .text("t")), ("false", .text("f")), (#""""#, .text("")),
        (#""null""#, .text("null")),
        (
            "123456789012345678901234567890.12345678901234567890",
            .text("123456789012345678901234567890.12345678901234567890")
        ),
        ("-1.5e-300", .text("-1.5e-300")), (#""NaN""#, .text("NaN")), (#""a\"b\\c\/d""#, .text(#"a"b\c/d"#)),
        (#""\b\f\n\r\t""#, .text("\u{8}\u{C}\n\r\t")), (#""\u0001\u00e9\u20AC""#, .text("\u{1}é€")),
        (#""\ud83e\udd86 \uDBFF\uDFFF""#, .text("🦆 \u{10FFFF}")), (#""grüße 東京 🦆""#, .text("grüße 東京 🦆")),
        (#""},{\"name\":\"b""#, .text(#"},{"name":"b"#)),
    ]

    @Test(arguments: valuesCases)
    func `Values are read`(json: String, expected: OwnedChange.Value) throws { #expect(try value(json) == expected) }

    /// Strings are searched eight bytes at once.
    @Test func `Escapes are found wherever they stand`() throws {
        for before in 0..<20 {
            for after in 0..<12 {
                let (head, tail) = (
                    String(repeating: "é", count: before) + "x", String(repeating: "\u{7F}", count: after)
                )
                #expect(try value("\"\(head)\\n\(tail)\"") == .text("\(head)\n\(tail)"))
                #expect(try value("\"\(head)\(tail)\"") == .text("\(head)\(tail)"))
                #expect(throws: DecodingFailure.self) { try value("\"\(head)\n\(tail)\"") }
                #expect(throws: DecodingFailure.self) { try value("\"\(head)\0\(tail)\"") }
            }
        }
    }

    @Test(arguments: [#""typeoid":17"#, #""type":"bytea""#, #""type":"bytea","typeoid":17"#])
    func `The text form of bytea gets its prefix back`(type: String) throws {
        #expect(try value(#""00ff""#, type: type) == .text(#"\x00ff"#))
        #expect(try value(#""""#, type: type) == .text(#"\x"#))
        #expect(try value("null", type: type) == .null)
    }

    @Test func `A domain over bytea keeps its own`() throws {
        #expect(try value(#""\\x00""#, type: #""typeoid":16400"#) == .text(#"\x00"#))
    }

    @Test func `Ids beyond two billion are read`() throws {
        guard
            case .insert(let relation, _) =
                try decode(.wal2json, insert(#"{"name":"a","typeoid":-2,"value":"x"}"#))[0]
        else { throw CancellationError() }
        #expect(relation.columns[0].typeOID == 4_294_967_294)
    }

    @Test func `Quoted type names that are no JSON are refused with the option to set`() throws {
        let message = insert(#"{"name":"a","type":"s"."Mood","value":"x"}"#)
        let failure = try #require(failing(.wal2json, message))
        #expect("\(failure)".contains("include-types=false"))
    }

    @Test func `A missing column of an update is unchanged, of an insert dropped`() throws {
        let id = #"{"name":"id","typeoid":23,"value":"1"}"#
        let body = #"{"name":"body","typeoid":25,"value":"x"}"#
        let changes = try decode(
            .wal2json, insert(id + "," + body),
            #"{"action":"U","schema":"s","table":"t","columns":[\#(id)],"identity":[\#(id)]}"#,
            #"{"action":"D","schema":"s","table":"t","identity":[\#(id)]}"#, insert(id))
        guard case .insert(let first, _) = changes[0], case .insert(let last, let values) = changes[3] else {
            throw CancellationError()
        }
        let old = OwnedChange.OldRow(kind: .unspecified, values: [.text("1"), .absent])
        #expect(changes[1] == .update(first, old: old, new: [.text("1"), .unchanged]))
        #expect(changes[2] == .delete(first, old: old))
        #expect(last.columns.map(\.name) == ["id"])
        #expect(last.generation == first.generation + 1)
        #expect(values == [.text("1")])
    }

    @Test func `A relation known from a delete grows with what comes`() throws {
        let id = #"{"name":"id","typeoid":23,"value":"1"}"#
        let a = #"{"name":"a","typeoid":25,"value":"x"}"#
        let changes = try decode(
            .wal2json, #"{"action":"D","schema":"s","table":"t","identity":[\#(id)]}"#,
            #"{"action":"U","schema":"s","table":"t","columns":[\#(a),\#(id)],"identity":[\#(id)]}"#,
            insert(a + "," + id))
        guard case .delete(let first, _) = changes[0], case .update(let second, let old, let new) = changes[1],
            case .insert(let third, _) = changes[2]
        else { throw CancellationError() }
        #expect(!first.isComplete && !second.isComplete && third.isComplete)
        #expect(named(second, new) == ["id": .text("1"), "a": .text("x")])
        #expect(old.map { named(second, $0.values) } == ["id": .text("1"), "a": .absent])
    }

    @Test func `Names have escapes, too`() throws {
        let message =
            #"{"action":"I","schema":"a\"b","table":"c\\d\n","columns":[{"name":"e\t","typeoid":23,"value":"1"}]}"#
        let changes = try decode(.wal2json, message, message)
        guard case .insert(let relation, _) = changes[1] else { throw CancellationError() }
        #expect(relation.namespace == #"a"b"#)
        #expect(relation.name == "c\\d\n")
        #expect(relation.columns.map(\.name) == ["e\t"])
        #expect(relation.id == 1)
    }

    @Test func `A truncation tells no options`() throws {
        guard
            case .truncate(let relations, nil, nil) =
                try decode(.wal2json, #"{"action":"T","schema":"s","table":"t"}"#)[0]
        else { throw CancellationError() }
        #expect(relations.map(\.name) == ["t"])
    }

    @Test func `Messages, also outside of transactions`() throws {
        let rest = #""prefix":"p","content":"a\nb"}"#
        #expect(
            try decode(
                .wal2json,
                #"{"action":"M","xid":null,"timestamp":null,"origin":null,"lsn":"0/3","transactional":false,"# + rest,
                #"{"action":"M","transactional":true,"# + rest) == [
                    .message(isTransactional: false, lsn: LSN("0/3"), prefix: "p", content: Array("a\nb".utf8)),
                    .message(isTransactional: true, lsn: nil, prefix: "p", content: Array("a\nb".utf8)),
                ])
    }

    @Test func `What is wrong is said`() {
        func reason(_ message: String) -> DecodingFailure.Reason? { failing(.wal2json, message)?.reason }
        #expect(reason("") == .truncated)
        #expect(reason("[]") == .expected("{"))
        #expect(reason("{}") == .missing("action"))
        #expect(reason(#"{"action":"X"}"#) == .unknownMessage)
        #expect(reason(#"{"action":"B"}x"#) == .trailingBytes)
        #expect(reason(#"{"action":"T","table":"t"}"#) == .missing("schema (include-schemas)"))
        #expect(reason(#"{"action":"U","schema":"s","table":"t"}"#) == .missing("columns"))
        #expect(reason(insert(#"{"name":"a","value":"x"}"#)) == .missing("a column's typeoid (include-type-oids)"))
        #expect(reason(insert(#"{"name":"a","typeoid":25}"#)) == .missing("a column's value"))
        #expect(reason(insert(#"{"typeoid":25,"value":1}"#)) == .missing("a column's name"))
        for text in [#"\ud800"#, #"\ud800x"#, #"\ud800\u0041"#, #"\udc00"#, #"\u0000"#, #"\x"#, #"\u12"#, "\n"] {
            #expect(reason(insert(#"{"name":"a","typeoid":25,"value":"\#(text)"}"#)) != nil, "\(text)")
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(reason(#"{"action":"B","other":"# + deep) == .nestedTooDeeply)
    }
}
