/// `select`
enum SelectSection {
    private typealias Schemas = IncludeExcludeSection<NamePattern>
    private typealias Tables = IncludeExcludeSection<QualifiedNamePattern>

    private static let schemaKeys = Schemas(
        .pattern("a schema's name", examples: ["public", "tenant_*"]), "schemas", "a list of schemas")
    private static let tableKeys = Tables(
        .qualifiedPattern("a table's name", examples: ["public.readings", "public.tmp_*"]), "tables",
        "a list of tables",
    )

    static let schemas = Key("schemas", schemaKeys.shape, "Which schemas are migrated.")
    static let tables = Key("tables", tableKeys.shape, "Which tables, views and sequences are migrated.")
    static let indexes = Key(
        "indexes",
        excluding(.qualifiedPattern("an index's name", examples: ["public.readings_idx"]), "indexes"),
        "Which indexes are migrated.",
    )
    static let extensions = Key(
        "extensions",
        excluding(.pattern("an extension's name", examples: ["postgis", "pg_stat_statements"]), "extensions"),
        "Which extensions are created on the target.",
    )

    static let databaseSettings = Key(
        "database-settings", .boolean,
        "Whether the target database gets the source database's own settings (`alter database … set`) and comment, "
            + "where it has none itself.", default: true,
    )

    static let keys = [
        schemas.declared, tables.declared, indexes.declared, extensions.declared, databaseSettings.declared,
    ]
    static let shape = Shape<Plan.Selection>.section(keys) { fields, decoding in
        .init(
            schemas: decoding.read(schemas, in: fields)?.value ?? .init(include: [], exclude: []),
            tables: decoding.read(tables, in: fields)?.value ?? .init(include: [], exclude: []),
            excludedIndexes: decoding.read(indexes, in: fields)?.value ?? [],
            excludedExtensions: decoding.read(extensions, in: fields)?.value ?? [],
            databaseSettings: decoding.read(databaseSettings, in: fields),
        )
    }

    /// Each section of `select` with its keys.
    static let sections: [(String, [DeclaredKey])] = [
        ("select.schemas", schemaKeys.keys), ("select.tables", tableKeys.keys),
    ]

    private static func excluding<Pattern>(
        _ pattern: Shape<Pattern>, _ what: String,
    ) -> Shape<[Located<Pattern>]> {
        let exclude = Key(
            "exclude", Shape<Pattern>.list(of: pattern, "a list of \(what)"), "The \(what) to leave out.",
            default: .array([]),
        )
        return .section([exclude.declared]) { fields, decoding in decoding.list(exclude, in: fields) }
    }
}

/// `include` and `exclude` of one kind of object.
private struct IncludeExcludeSection<Pattern: Sendable & Equatable & Codable> {
    let keys: [DeclaredKey]
    let shape: Shape<Plan.IncludeExclude<Pattern>>

    init(_ pattern: Shape<Pattern>, _ what: String, _ wanted: String) {
        let list = Shape<Pattern>.list(of: pattern, wanted)
        let include = Key(
            "include", list,
            "The \(what) to migrate; all where the list is empty. An entry that matches nothing is an error.",
            default: .array([]),
        )
        let exclude = Key("exclude", list, "The \(what) to leave out, of those included.", default: .array([]))
        keys = [include.declared, exclude.declared]
        shape = .section(keys) { fields, decoding in
            .init(include: decoding.list(include, in: fields), exclude: decoding.list(exclude, in: fields))
        }
    }
}
