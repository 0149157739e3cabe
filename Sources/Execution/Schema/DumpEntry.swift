/// One object of pg_dump's table of contents, with the statements that make it.
package struct DumpEntry: Sendable, Equatable {
    /// Position in the order of restoring, from 1.
    package var sequence: Int
    /// pg_dump's own number, which `dependencies` of other entries name.
    package var dumpID: Int
    /// The system catalog that `oid` belongs to, such as `pg_class`; empty where the entry is no object of its own
    /// (comments, attachments, ownership of sequences).
    package var catalog: String
    /// On the source; 0 where there is none. ROW SECURITY entries carry their table's with an empty `catalog`.
    package var oid: UInt32
    /// Dump ids, each once, sorted. Some name objects that have no entry.
    package var dependencies: [Int]
    /// pg_dump's tag: `TABLE`, `FK CONSTRAINT`, `COMMENT` …
    package var type: String
    /// Empty where the object is in none. Line breaks in names are blanks here and in `name` (pg_dump does that).
    package var schema: String
    /// As pg_dump titles it: `readings`, `f(integer)`, `readings readings_pkey`, `TABLE "readings"`. For messages.
    package var name: String
    /// The statements, each ending in a semicolon; empty for entries that hold none.
    package var sql: String
    /// `SET` statements that pg_dump wrote before it and that hold for it: `default_table_access_method`.
    package var settings: [String]

    package init(
        sequence: Int, dumpID: Int, catalog: String, oid: UInt32, dependencies: [Int] = [], type: String,
        schema: String = "", name: String, sql: String = "", settings: [String] = [],
    ) {
        self.sequence = sequence
        self.dumpID = dumpID
        self.catalog = catalog
        self.oid = oid
        self.dependencies = dependencies
        self.type = type
        self.schema = schema
        self.name = name
        self.sql = sql
        self.settings = settings
    }

    /// For messages: `TABLE public.readings`.
    package var title: String { type + " " + (schema.isEmpty ? name : schema + "." + name) }

    /// All statements but the first: what pg_dump adds to an index or a constraint (statistics targets, CLUSTER ON,
    /// REPLICA IDENTITY), for tasks that make the object themselves.
    package var trailingStatements: [String] { Array(SQLStatements.split(sql).dropFirst()) }
}

/// Catalogs by the OIDs that are the same in every version (PostgreSQL's `catalog/pg_*.h`).
enum CatalogTable {
    private static let names: [UInt32: String] = [
        826: "pg_default_acl", 1247: "pg_type", 1255: "pg_proc", 1259: "pg_class", 1262: "pg_database",
        1417: "pg_foreign_server", 1418: "pg_user_mapping", 2328: "pg_foreign_data_wrapper", 2600: "pg_aggregate",
        2601: "pg_am", 2602: "pg_amop", 2603: "pg_amproc", 2604: "pg_attrdef", 2605: "pg_cast", 2606: "pg_constraint",
        2607: "pg_conversion", 2610: "pg_index", 2611: "pg_inherits", 2612: "pg_language", 2613: "pg_largeobject",
        2615: "pg_namespace", 2616: "pg_opclass", 2617: "pg_operator", 2618: "pg_rewrite", 2620: "pg_trigger",
        2753: "pg_opfamily", 2995: "pg_largeobject_metadata", 3079: "pg_extension", 3256: "pg_policy",
        3381: "pg_statistic_ext", 3456: "pg_collation", 3466: "pg_event_trigger", 3576: "pg_transform",
        3600: "pg_ts_dict", 3601: "pg_ts_parser", 3602: "pg_ts_config", 3764: "pg_ts_template",
        6100: "pg_subscription", 6102: "pg_subscription_rel", 6104: "pg_publication", 6106: "pg_publication_rel",
        6237: "pg_publication_namespace",
    ]

    static func name(_ oid: UInt32) -> String { oid == 0 ? "" : names[oid] ?? String(oid) }
}
