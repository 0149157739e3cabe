internal import PlanFile
internal import Postgres

/// Changes of the source's catalogs while a replication slot is being made.
///
/// A change that commits after the server has begun to wait for older transactions and before its snapshot is full is
/// missing in the snapshot that the slot's decoding begins with (snapbuild.c looks at no commit in that state). The stream
/// then shows the table as it was before, for ever: values of a new column are missing from it without a word, and
/// rows of a table that was truncated or made cannot be read at all ("could not map filenode"). Seen with 15, 17 and 18.
struct CatalogChanges {
    private let source: Connection
    /// What was committed before the slot was begun.
    private let seen: String

    /// To be made before the slot is.
    init(_ source: Connection) throws {
        self.source = source
        guard let seen = try source.scalar("select pg_catalog.txid_current_snapshot()::text") else {
            throw PostgresError.unexpected("no snapshot")
        }
        self.seen = seen
    }

    /// Tables of the database that were made, rewritten or altered by what has committed since. Temporary ones and
    /// indexes, of which nothing is decoded, do not count, and no more does what VACUUM and ANALYZE write.
    ///
    /// To be asked under the snapshot that the slot has exported: what commits behind it is in the stream, and it sees
    /// all that was lost, since that had ended when the server began its last waiting (its `xmin` is beyond).
    func tables() throws -> [QualifiedName] {
        let rows = try source.query(Self.selectChanged, [seen])
        return rows.indices.map { QualifiedName(schema: rows.text($0, 0), name: rows.text($0, 1)) }
    }

    /// `xmin` has the lower half of the transaction's id; of rows that were frozen long ago it may lie anywhere.
    private static let selectChanged = """
        with line as (
            select s.seen, pg_catalog.txid_snapshot_xmin(s.seen) as oldest, pg_catalog.txid_snapshot_xmax(s.seen) as next,
                pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) as now
            from (select $1::pg_catalog.txid_snapshot as seen) s
        ), written (relation, half) as (
            select oid, xmin::text::bigint from pg_catalog.pg_class
            union all
            select attrelid, xmin::text::bigint from pg_catalog.pg_attribute
        ), dated as (
            select relation, next + ((half - next + 2147483648) & 4294967295) - 2147483648 as id, line.*
            from written, line where half > 2
        )
        select n.nspname, c.relname
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm', 't') and c.relpersistence <> 't'
            and c.oid in (
                select relation from dated
                where id >= oldest and id < now and not pg_catalog.txid_visible_in_snapshot(id, seen))
        order by 1, 2
        """
}
