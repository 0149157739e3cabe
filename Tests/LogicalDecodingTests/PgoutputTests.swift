import LogicalDecoding
import Testing

@Suite struct PgoutputTests {
    static let readings = Relation(
        id: 16_400, namespace: "public", name: "readings", replicaIdentity: .primaryKey,
        columns: [
            RelationColumn(name: "id", typeOID: 20, isKey: true),
            RelationColumn(name: "note", typeOID: 1043, typeModifier: 24),
            RelationColumn(name: "body", typeOID: 17),
        ])
    static let described = Message.relation(readings).bytes

    private func second(_ message: Message) throws -> OwnedChange {
        try decode(.pgoutput, [Self.described, message.bytes])[1]
    }

    @Test func `A transaction begins and ends`() throws {
        let begin = Message("B") + UInt64(0x16_B374_D848) + Int64(-5) + UInt32(743)
        let commit = Message("C") + UInt8(0) + UInt64(1) + UInt64(UInt64.max) + Int64.max
        #expect(
            try decode(.pgoutput, [begin.bytes, commit.bytes]) == [
                .begin(Begin(xid: 743, finalLSN: LSN("16/B374D848"), commitTime: Timestamp(microseconds: -5))),
                .commit(
                    Commit(
                        xid: nil, commitLSN: LSN("0/1"), endLSN: LSN("FFFFFFFF/FFFFFFFF"),
                        commitTime: Timestamp(microseconds: .max))),
            ])
    }

    @Test func `A relation is described, and an empty namespace is pg_catalog`() throws {
        #expect(try decode(.pgoutput, [Self.described]) == [.relation(Self.readings, .new)])
        var relation = Self.readings
        relation.namespace = "pg_catalog"
        let message = Message.relation(relation)
        #expect(!message.bytes.contains(UInt8(ascii: "_")))
        #expect(try decode(.pgoutput, [message.bytes]) == [.relation(relation, .new)])
    }

    @Test func `A description repeated is the same, a different one a new generation`() throws {
        var changed = Self.readings
        changed.columns.append(RelationColumn(name: "added", typeOID: 25))
        let changes = try decode(.pgoutput, [Self.described, Self.described, Message.relation(changed).bytes])
        changed.generation = 2
        #expect(
            changes == [
                .relation(Self.readings, .new), .relation(Self.readings, .same), .relation(changed, .changed),
            ])
    }

    private static let changes: [@Sendable (inout Relation) -> Void] = [
        { $0.name = "other" },
        { $0.namespace = "other" },
        { $0.replicaIdentity = .full },
        { $0.columns[1].name = "other" },
        { $0.columns[1].typeOID = 25 },
        { $0.columns[1].typeModifier = 25 },
        { $0.columns[1].isKey = true },
        { $0.columns.removeLast() },
        { $0.columns.swapAt(0, 1) },
    ]

    @Test(arguments: 0..<changes.count)
    func `Every part of a shape counts`(number: Int) throws {
        var changed = Self.readings
        Self.changes[number](&changed)
        let changes = try decode(.pgoutput, [Self.described, Message.relation(changed).bytes])
        changed.generation = 2
        #expect(changes[1] == .relation(changed, .changed))
    }

    @Test func `A type is named`() throws {
        let message = Message("Y") + UInt32(16_500) + "public" + "mood"
        #expect(
            try decode(.pgoutput, [message.bytes]) == [
                .type(id: 16_500, RelationCache.TypeName(namespace: "public", name: "mood"))
            ])
    }

    @Test func `An insert has values of every kind`() throws {
        let values: [OwnedChange.Value] = [.text("-9223372036854775808"), .null, .binary([0, 255, 0])]
        #expect(
            try second(Message("I") + UInt32(16_400) + Character("N") + values) == .insert(Self.readings, new: values))
    }

    @Test func `Empty values are no NULLs`() throws {
        let values: [OwnedChange.Value] = [.text(""), .binary([]), .null]
        #expect(
            try second(Message("I") + UInt32(16_400) + Character("N") + values) == .insert(Self.readings, new: values))
    }

    @Test func `An update without old row, with unchanged TOAST`() throws {
        let values: [OwnedChange.Value] = [.text("1"), .text("a"), .unchanged]
        #expect(
            try second(Message("U") + UInt32(16_400) + Character("N") + values)
                == .update(Self.readings, old: nil, new: values))
    }

    @Test func `In an old key the columns outside of it are absent`() throws {
        let new: [OwnedChange.Value] = [.text("2"), .text("a"), .unchanged]
        let old: [OwnedChange.Value] = [.text("1"), .absent, .absent]
        #expect(
            try second(Message("U") + UInt32(16_400) + Character("K") + old + Character("N") + new)
                == .update(Self.readings, old: OwnedChange.OldRow(kind: .key, values: old), new: new))
        #expect(
            try second(Message("D") + UInt32(16_400) + Character("K") + old)
                == .delete(Self.readings, old: OwnedChange.OldRow(kind: .key, values: old)))
    }

    @Test func `In a full old row NULL is NULL`() throws {
        let row: [OwnedChange.Value] = [.text("1"), .null, .text(#"\x00"#)]
        #expect(
            try second(Message("U") + UInt32(16_400) + Character("O") + row + Character("N") + row)
                == .update(Self.readings, old: OwnedChange.OldRow(kind: .full, values: row), new: row))
        #expect(
            try second(Message("D") + UInt32(16_400) + Character("O") + row)
                == .delete(Self.readings, old: OwnedChange.OldRow(kind: .full, values: row)))
    }

    @Test(arguments: [(0, false, false), (1, true, false), (2, false, true), (3, true, true)] as [(UInt8, Bool, Bool)])
    func `A truncation names its relations and options`(flags: UInt8, cascade: Bool, restart: Bool) throws {
        var other = Self.readings
        other.id = 7
        let message = Message("T") + UInt32(2) + flags + UInt32(7) + UInt32(16_400)
        let changes = try decode(.pgoutput, [Self.described, Message.relation(other).bytes, message.bytes])
        #expect(changes[2] == .truncate([other, Self.readings], cascade: cascade, restartIdentity: restart))
    }

    @Test(arguments: [true, false])
    func `A logical message has any bytes`(isTransactional: Bool) throws {
        let content: [UInt8] = [0, 10, 255, 39]
        var message = Message("M") + UInt8(isTransactional ? 1 : 0) + UInt64(0x123) + "skein" + Int32(content.count)
        message.bytes += content
        #expect(
            try decode(.pgoutput, [message.bytes]) == [
                .message(isTransactional: isTransactional, lsn: LSN("0/123"), prefix: "skein", content: content)
            ])
    }

    @Test func `An origin is named`() throws {
        let message = Message("O") + UInt64(9) + "node"
        #expect(try decode(.pgoutput, [message.bytes]) == [.origin(lsn: LSN(rawValue: 9), name: "node")])
    }

    @Test(arguments: "SEcAbPKrp")
    func `Streamed and prepared transactions are refused`(tag: Character) throws {
        let failure = try #require(failing(.pgoutput, [[tag.asciiValue ?? 0, 0, 0, 0, 0]]))
        guard case .unsupported = failure.reason else {
            Issue.record("\(failure)")
            return
        }
    }

    @Test func `What is wrong is said, with its place`() {
        func reason(_ message: Message) -> DecodingFailure? { failing(.pgoutput, [Self.described, message.bytes]) }
        func expected(_ offset: Int, _ reason: DecodingFailure.Reason) -> DecodingFailure {
            DecodingFailure(plugin: .pgoutput, offset: offset, reason: reason)
        }
        #expect(failing(.pgoutput, [[]]) == expected(0, .truncated))
        #expect(reason(Message("?")) == expected(0, .unknownMessage))
        #expect(reason(Message("I") + UInt32(5)) == expected(1, .unknownRelation(5)))
        #expect(
            reason(Message("I") + UInt32(16_400) + Character("N") + [OwnedChange.Value.null])
                == expected(6, .columnCount(relation: 16_400, expected: 3, found: 1)))
        #expect(
            reason(Message("I") + UInt32(16_400) + Character("N") + UInt16(3) + Character("t") + Int32(-1))
                == expected(8, .truncated))
        #expect(
            reason(Message("I") + UInt32(16_400) + Character("N") + UInt16(3) + Character("t") + Int32.max)
                == expected(8, .truncated))
        #expect(
            reason(Message("I") + UInt32(16_400) + Character("N") + UInt16(3) + Character("x"))
                == expected(8, .expected("a column's kind (n, u, t or b)")))
        #expect(
            reason(
                Message("I") + UInt32(16_400) + Character("N") + [OwnedChange.Value.null, .null, .null] + UInt8(0))
                == expected(11, .trailingBytes))
        #expect(reason(Message("T") + UInt32.max + UInt8(0)) == expected(6, .truncated))
        #expect(reason(Message("T") + UInt32(1) + UInt8(0) + UInt32(9)) == expected(6, .unknownRelation(9)))
        #expect(reason(Message("M") + UInt8(1) + UInt64(1) + "p" + Int32(-1)) == expected(16, .truncated))
        #expect(reason(Message("D") + UInt32(16_400) + Character("N")) == expected(5, .expected("an old row (K or O)")))
        var name = Message("Y") + UInt32(1) + "public"
        name.bytes += [0xFF, 0]
        #expect(failing(.pgoutput, [name.bytes]) == expected(12, .invalidText))
    }

    @Test func `Every message cut off anywhere is an error`() {
        for sample in Samples.pgoutput {
            for length in 0..<sample.count {
                var decoder = ChangeDecoder(.pgoutput)
                for relation in Samples.pgoutputRelations { _ = try? decoder.owned(relation) }
                #expect(throws: DecodingFailure.self) { try decoder.owned(Array(sample[..<length])) }
            }
        }
    }

    @Test func `The options name publications with quotes`() {
        let options = Plugin.pgoutput.options(publications: ["a", #"b"c"#], binary: true, messages: true)
        #expect(
            options.map { "\($0.name)=\($0.value)" } == [
                "proto_version=1", #"publication_names="a","b""c""#, "binary=true", "messages=true",
            ])
    }
}
