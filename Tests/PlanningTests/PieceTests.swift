import PlanFile
import Testing

@testable import Planning

@Suite("A piece")
struct PieceTests {
    @Test(
        "says its rows as a condition that the server reads",
        arguments: [
            (Piece.Rows.all, nil),
            (.null(column: "a\"b"), "\"a\"\"b\" is null"),
            (.range(column: "id", type: "bigint", lower: nil, upper: "5"), "\"id\" < '5'::bigint"),
            (
                .range(column: "id", type: "bigint", lower: "5", upper: "9"),
                "\"id\" >= '5'::bigint and \"id\" < '9'::bigint"
            ),
            (.range(column: "id", type: "bigint", lower: nil, upper: nil), "\"id\" is not null"),
            (.range(column: "k", type: "text", lower: "it's", upper: nil), "\"k\" >= 'it''s'::text"),
            (.blocks(first: 8, end: nil), "ctid >= '(8,0)'::pg_catalog.tid"),
        ] as [(Piece.Rows, String?)]
    )
    func condition(rows: Piece.Rows, expected: String?) {
        let piece = Piece(
            table: QualifiedName(schema: "public", name: "t"), tableOID: 1, number: 1, count: 1, rows: rows,
            columns: ["id"], isBinary: true, mayFreeze: false, estimatedRows: 0, estimatedBytes: 0,
        )
        #expect(piece.condition == expected)
    }
}
