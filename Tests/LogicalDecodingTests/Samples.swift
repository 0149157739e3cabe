import LogicalDecoding

/// Good messages of each plugin, for tests that break them.
enum Samples {
    static let pgoutputRelations = [PgoutputTests.described]
    static let pgoutput: [[UInt8]] = [
        PgoutputTests.described,
        (Message("B") + UInt64(1) + Int64(2) + UInt32(3)).bytes,
        (Message("C") + UInt8(0) + UInt64(1) + UInt64(2) + Int64(3)).bytes,
        (Message("O") + UInt64(1) + "origin").bytes,
        (Message("Y") + UInt32(1) + "public" + "mood").bytes,
        (Message("I") + UInt32(16_400) + Character("N") + row).bytes,
        (Message("U") + UInt32(16_400) + Character("K") + row + Character("N") + row).bytes,
        (Message("U") + UInt32(16_400) + Character("O") + row + Character("N") + row).bytes,
        (Message("D") + UInt32(16_400) + Character("K") + row).bytes,
        (Message("T") + UInt32(1) + UInt8(3) + UInt32(16_400)).bytes,
        (Message("M") + UInt8(1) + UInt64(9) + "prefix" + Int32(4) + Int32(0x6162_6364)).bytes,
    ]
    private static let row: [OwnedChange.Value] = [.text("12"), .null, .binary([1, 2, 3])]

    static let testDecoding = [
        "BEGIN 743", "COMMIT 743 (at 2026-11-21 10:05:05.123456+00)",
        #"table public."Odd ""name""": INSERT: id[integer]:1 "a b"[character varying]:'it''s' d[double precision]:NaN"#,
        "table a.b: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 x[text[]]:'{a,NULL}' b[bit]:B'101' n[text]:null",
        "table a.b: UPDATE: id[integer]:2 x[text[]]:unchanged-toast-datum b[bit]:B'' ok[boolean]:true",
        "table a.b: DELETE: id[integer]:2", "table a.b: DELETE: (no-tuple-data)",
        "table a.b, a.c: TRUNCATE: restart_seqs cascade", "table a.b: TRUNCATE: (no-flags)",
        "message: transactional: 1 prefix: skein, sz: 4 content:ab\nc",
    ].map { Array($0.utf8) }

    static let wal2json = [
        #"{"action":"B","xid":743,"timestamp":"2026-11-21 10:05:05.123456+00","lsn":"0/1","nextlsn":"0/2"}"#,
        #"{"action":"C","xid":743,"timestamp":"2026-11-21 10:05:05.123456+00","lsn":"0/1","nextlsn":"0/2"}"#,
        #"{"action":"I","xid":743,"schema":"public","table":"a","columns":["#
            + #"{"name":"id","typeoid":23,"value":"1"},{"name":"b","typeoid":17,"value":"00ff"},"#
            + #"{"name":"s","typeoid":25,"value":"\u00e9\ud83e\udd86\n\"\\"}]}"#,
        #"{"action":"U","schema":"public","table":"a","columns":[{"name":"id","type":"integer","value":2}],"#
            + #""identity":[{"name":"id","type":"integer","value":1}],"pk":[{"name":"id","type":"integer"}]}"#,
        #"{"action":"D","schema":"public","table":"a","identity":[{"name":"ok","typeoid":16,"value":true}]}"#,
        #"{"action":"T","schema":"public","table":"a"}"#,
        #"{"action":"M","xid":null,"timestamp":null,"lsn":"0/3","transactional":false,"prefix":"p","content":"c"}"#,
    ].map { Array($0.utf8) }
}
