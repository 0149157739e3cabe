/// Which objects a catalog covers, as SQL conditions.
struct CatalogScope {
    /// How TimescaleDB's catalog names its chunks.
    enum Chunks {
        case none
        /// By schema and name, as in 2.19.
        case byName
        /// By OID, as in 2.31.
        case byOID
    }
    let chunks: Chunks
    var hasTimescaleDB: Bool { chunks != .none }

    /// Of `pg_namespace n`: no system schema, none of TimescaleDB's and not our own. Names that start with `pg_` are
    /// reserved (PostgreSQL's `CREATE SCHEMA`), so they are all the system's.
    static let schema = """
        n.nspname !~ '^(pg_|_timescaledb_)' and n.nspname <> all (array[
            'information_schema', 'timescaledb_information', 'timescaledb_experimental', 'skein'])
        """

    /// Of an object: not a member of an extension, which creates it itself.
    static func isNoMember(_ catalog: String, _ oid: String) -> String {
        """
        not exists (
            select from pg_catalog.pg_depend e
            where e.classid = 'pg_catalog.\(catalog)'::pg_catalog.regclass and e.objid = \(oid) and e.deptype = 'e')
        """
    }

    /// Of `pg_class c` and its `pg_namespace n`. Chunks may lie in a user's schema (`associated_schema_name`).
    private var relation: String {
        let known =
            switch chunks {
            case .none: "false"
            case .byName: "k.schema_name = n.nspname and k.table_name = c.relname"
            case .byOID: "k.relid = c.oid"
            }
        let isNoChunk = hasTimescaleDB ? "not exists (select from _timescaledb_catalog.chunk k where \(known))" : "true"
        return """
            \(Self.schema) and c.relpersistence <> 't' and \(Self.isNoMember("pg_class", "c.oid")) and \(isNoChunk)
            """
    }

    /// `from … where …` of all relations of some kinds: `c` is the relation, `n` its schema.
    func relations(_ kinds: String, joining joins: String = "") -> String {
        """
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        \(joins)
        where c.relkind = any (array[\(kinds.map { "'\($0)'" }.joined(separator: ", "))]::"char"[]) and \(relation)
        """
    }

    /// Kinds of `Catalog.Relation`.
    static let tableKinds = "rpfvm"

    /// The OIDs of all that `Catalog.relations` holds.
    var tables: String { "select c.oid " + relations(Self.tableKinds) }
}
