import LogicalDecoding
import Testing

@Suite struct TestDecodingTests {
    private func row(_ message: String) throws -> [String: OwnedChange.Value] {
        guard case .insert(let relation, let values) = try decode(.testDecoding, message)[0] else {
            Issue.record("no insert")
            return [:]
        }
        return named(relation, values)
    }

    private static let transactionsCases: [(String, OwnedChange)] = [
        ("BEGIN", .begin(Begin(xid: nil, finalLSN: nil, commitTime: nil))),
        ("BEGIN 4294967295", .begin(Begin(xid: .max, finalLSN: nil, commitTime: nil))),
        ("COMMIT", .commit(Commit(xid: nil, commitLSN: nil, endLSN: nil, commitTime: nil))),
        ("COMMIT 7", .commit(Commit(xid: 7, commitLSN: nil, endLSN: nil, commitTime: nil))),
        (
            "COMMIT (at 2000-01-01 00:00:01+00)",
            .commit(Commit(xid: nil, commitLSN: nil, endLSN: nil, commitTime: Timestamp(microseconds: 1_000_000)))
        ),
        (
            "COMMIT 7 (at 2000-01-01 00:00:01.5+00)",
            .commit(Commit(xid: 7, commitLSN: nil, endLSN: nil, commitTime: Timestamp(microseconds: 1_500_000)))
        ),
    ]

    @Test(arguments: transactionsCases)
    func `Transactions begin and end`(message: String, change: OwnedChange) throws {
        #expect(try decode(.testDecoding, message) == [change])
    }

    private static let literalsCases: [(String, OwnedChange.Value)] = [
        ("1", .text("1")), ("-1.50", .text("-1.50")), ("1e-300", .text("1e-300")), ("NaN", .text("NaN")),
        ("-Infinity", .text("-Infinity")), ("null", .null), ("unchanged-toast-datum", .unchanged),
        ("true", .text("t")),
        ("false", .text("f")), ("'null'", .text("null")), ("''", .text("")), ("'it''s'", .text("it's")),
        ("''''", .text("'")), ("''''''", .text("''")), ("'a'' b[text]:''c'", .text("a' b[text]:'c")),
        ("'unchanged-toast-datum'", .text("unchanged-toast-datum")), ("'line\nbreak'", .text("line\nbreak")),
        (#"'\x00ff'"#, .text(#"\x00ff"#)), ("B'0101'", .text("0101")), ("B''", .text("")),
        ("' new-tuple:'", .text(" new-tuple:")),
    ]

    @Test(arguments: literalsCases)
    func `Literals are read`(literal: String, value: OwnedChange.Value) throws {
        #expect(try row("table s.t: INSERT: a[x]:\(literal)") == ["a": value])
        #expect(try row("table s.t: INSERT: z[x]:1 a[x]:\(literal) b[x]:2")["a"] == value)
    }

    @Test(arguments: [
        "integer", "character varying", "timestamp without time zone", "integer[]", #""char""#, #"s."odd]type""#,
        #""a""b]c"[]"#, #""[""#, "bit varying",
    ])
    func `Types are read as they stand`(type: String) throws {
        guard
            case .insert(let relation, _) = try decode(.testDecoding, "table s.t: INSERT: a[\(type)]:1 b[text]:null")[0]
        else { throw CancellationError() }
        #expect(relation.columns.map(\.typeName) == [type, "text"])
    }

    @Test func `Names are unquoted`() throws {
        let message = #"table "S.1"."a: INSERT: ""b""": INSERT: "x[y]:z"[integer]:1 plain_1[integer]:2"#
        guard case .insert(let relation, _) = try decode(.testDecoding, message)[0] else { throw CancellationError() }
        #expect(relation.namespace == "S.1")
        #expect(relation.name == #"a: INSERT: "b""#)
        #expect(relation.columns.map(\.name) == ["x[y]:z", "plain_1"])
    }

    @Test func `A table without columns`() throws {
        guard case .insert(let relation, let values) = try decode(.testDecoding, "table s.t: INSERT:")[0] else {
            throw CancellationError()
        }
        #expect(relation.columns.isEmpty && relation.isComplete)
        #expect(values.isEmpty)
    }

    @Test func `An update with its old key; what is not in the key is absent`() throws {
        let changes = try decode(
            .testDecoding,
            "table s.t: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 a[text]:'x'",
            "table s.t: UPDATE: id[integer]:2 a[text]:unchanged-toast-datum",
            "table s.t: DELETE: id[integer]:2", "table s.t: DELETE: (no-tuple-data)")
        let relation = Relation(
            id: 1, namespace: "s", name: "t",
            columns: [
                RelationColumn(name: "id", typeName: "integer"), RelationColumn(name: "a", typeName: "text"),
            ])
        var known = relation
        known.generation = 2
        #expect(
            changes == [
                .update(
                    known, old: OwnedChange.OldRow(kind: .unspecified, values: [.text("1"), .absent]),
                    new: [.text("2"), .text("x")]),
                .update(known, old: nil, new: [.text("2"), .unchanged]),
                .delete(known, old: OwnedChange.OldRow(kind: .unspecified, values: [.text("2"), .absent])),
                .delete(known, old: nil),
            ])
    }

    @Test func `The revision stays while nothing new is learnt`() throws {
        var decoder = ChangeDecoder(.testDecoding)
        var revisions: [Int] = []
        for message in [
            "BEGIN 1", "table s.t: INSERT: id[integer]:1", "table s.t: INSERT: id[integer]:2",
            "table s.t: DELETE: id[integer]:2", "table s.u: TRUNCATE: (no-flags)",
        ] {
            _ = try decoder.owned(message)
            revisions.append(decoder.relations.revision)
        }
        #expect(revisions[0] == 0 && revisions[1] > 0)
        #expect(revisions[2] == revisions[1] && revisions[3] == revisions[1])
        #expect(revisions[4] > revisions[3])
    }

    @Test func `DDL in between makes a new generation`() throws {
        let changes = try decode(
            .testDecoding, "table s.t: INSERT: id[integer]:1", "table s.t: INSERT: id[integer]:1",
            "table s.t: INSERT: id[integer]:1 a[text]:'x'", "table s.t: INSERT: id[bigint]:1 a[text]:'x'",
            "table s.t: UPDATE: a[text]:'x'", "table s.t: UPDATE: a[text]:'x'")
        let relations: [Relation] = changes.compactMap {
            switch $0 {
            case .insert(let relation, _), .update(let relation, _, _): relation
            default: nil
            }
        }
        #expect(relations.map(\.generation) == [2, 2, 3, 4, 5, 5])
        #expect(relations.map { $0.columns.map(\.name) } == [["id"], ["id"], ["id", "a"], ["id", "a"], ["a"], ["a"]])
    }

    @Test(arguments: [
        ("(no-flags)", false, false), ("restart_seqs", false, true), ("cascade", true, false),
        ("restart_seqs cascade", true, true),
    ])
    func `A truncation names its relations and options`(flags: String, cascade: Bool, restart: Bool) throws {
        let changes = try decode(.testDecoding, #"table a.b, "c, d"."e: TRUNCATE:": TRUNCATE: \#(flags)"#)
        guard case .truncate(let relations, cascade, restart) = changes[0] else {
            Issue.record("\(changes)")
            return
        }
        #expect(relations.map { "\($0.namespace)|\($0.name)" } == ["a|b", "c, d|e: TRUNCATE:"])
    }

    @Test(arguments: [
        ("p, sz: 3 content:abc", "p", "abc"), (", sz: 0 content:", "", ""), ("p, sz: 2 content:\n\n", "p", "\n\n"),
        ("a, sz: 1 content:b, sz: 3 content:xyz", "a, sz: 1 content:b", "xyz"),
        ("p, sz: 18 content:x, sz: 1 content:y", "p", "x, sz: 1 content:y"),
    ])
    func `A message's prefix ends where the size fits`(rest: String, prefix: String, content: String) throws {
        #expect(
            try decode(.testDecoding, "message: transactional: 0 prefix: " + rest) == [
                .message(isTransactional: false, lsn: nil, prefix: prefix, content: Array(content.utf8))
            ])
    }

    @Test func `What is wrong is said, with its place`() {
        func expected(_ offset: Int, _ reason: DecodingFailure.Reason) -> DecodingFailure {
            DecodingFailure(plugin: .testDecoding, offset: offset, reason: reason)
        }
        #expect(failing(.testDecoding, "") == expected(0, .truncated))
        #expect(failing(.testDecoding, "nonsense") == expected(0, .unknownMessage))
        #expect(failing(.testDecoding, "BEGIN x") == expected(6, .expected("a number")))
        #expect(failing(.testDecoding, "BEGIN 4294967296") == expected(6, .expected("a number")))
        #expect(failing(.testDecoding, "table a.b: INSERT: (no-tuple-data)") == expected(34, .missingRow))
        #expect(failing(.testDecoding, "table a.b: INSERT: x[integer]:'1") == expected(32, .truncated))
        #expect(failing(.testDecoding, "table a.b: INSERT: x[integer") == expected(28, .truncated))
        #expect(failing(.testDecoding, "table a.b: INSERT: x[integer]:oops") == expected(30, .expected("a value")))
        #expect(
            failing(.testDecoding, "PREPARE TRANSACTION 'x', txid 7")
                == expected(0, .unsupported("prepared transactions")))
        #expect(
            failing(.testDecoding, "opening a streamed block for transaction TXN 7")
                == expected(0, .unsupported("streamed transactions")))
    }
}
