internal import PlanFile
internal import Postgres

/// One reading of the catalogs, inside its transaction. The queries lie in extensions, one subject per file.
struct CatalogReading {
    let connection: Connection
    /// `server_version_num`.
    let version: Int
    let scope: CatalogScope
    private let isStrict: Bool

    /// - Parameter version: another one than the server's makes queries for that version, which tests want.
    init(_ connection: Connection, version: Int? = nil, isStrict: Bool = true) throws {
        self.isStrict = isStrict
        self.connection = connection
        self.version = version ?? connection.serverVersion
        let chunks: CatalogScope.Chunks =
            switch try connection.scalar(Self.chunkQuery) {
            case nil: .none
            case "t": .byOID
            default: .byName
            }
        scope = CatalogScope(chunks: chunks)
    }

    private static let chunkQuery = """
        select exists (
            select from pg_catalog.pg_attribute a
            join pg_catalog.pg_class c on c.oid = a.attrelid and c.relname = 'chunk'
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = '_timescaledb_catalog'
            where a.attname = 'relid' and not a.attisdropped)
        from pg_catalog.pg_extension
        where extname = 'timescaledb'
        """

    func catalog(_ options: CatalogReader.Options, _ link: Link) throws -> Catalog {
        let extensions = try extensions()
        var relations = try relations()
        let columns = try columns()
        let constraints = try constraints()
        let indexes = try indexes(constraints, columns.collations)
        var indexBytes: [OID: Int64] = [:]
        for index in indexes { indexBytes[index.table, default: 0] += index.bytes }
        for position in relations.indices {
            relations[position].columns = columns.byTable[relations[position].oid] ?? []
            relations[position].indexBytes = indexBytes[relations[position].oid] ?? 0
        }
        if options.readsStatistics { try addStatistics(to: &relations, indexes, options) }
        let sequences = try sequences()
        let userObjects = try objects()
        let objects = userObjects + extensions.map(\.object)
        let tableNames = Dictionary(uniqueKeysWithValues: relations.map { ($0.oid, $0.name) })
        func order(_ table: OID, _ name: String) -> TableMember { TableMember(table: tableNames[table], name: name) }
        let rules = try rules()
        for position in relations.indices { relations[position].rules = rules[relations[position].oid] ?? [] }
        let timescale = try timescale(options, &relations)
        return Catalog(
            server: try server(options, link), schemas: try schemas(), extensions: extensions,
            relations: relations.sorted { $0.name < $1.name },
            indexes: indexes.sorted { $0.name < $1.name },
            constraints: constraints.sorted { order($0.table, $0.name) < order($1.table, $1.name) },
            triggers: try triggers().sorted { order($0.table, $0.name) < order($1.table, $1.name) },
            policies: try policies().sorted { order($0.table, $0.name) < order($1.table, $1.name) },
            sequences: sequences.sorted { $0.name < $1.name },
            types: try types(),
            dependencies: try dependencies(
                among: Set(
                    relations.map { .relation($0.oid) } + sequences.map { .relation($0.oid) } + objects.map(\.id)),
            ),
            objects: objects.sorted { ($0.kind, $0.identity) < ($1.kind, $1.identity) },
            eventTriggers: try names(Self.eventTriggerQuery), publications: try names(Self.publicationQuery),
            subscriptions: try attempt { try names(Self.subscriptionQuery) } ?? [],
            foreignServers: try names(Self.foreignServerQuery),
            largeObjectCount: Int(try connection.scalar(Self.largeObjectQuery) ?? "") ?? 0,
            preparedTransactions: try preparedTransactions(),
            hypertables: timescale.hypertables, continuousAggregates: timescale.continuousAggregates,
            jobs: timescale.jobs, timescaleObjects: timescale.objects, access: try access(userObjects),
            rights: try rights())
    }

    /// Nil for an object that was dropped after our snapshot was taken.
    /// - Throws: `VanishedObject`, unless told to go on without such objects.
    func vanished<R>() throws -> R? {
        guard !isStrict else { throw VanishedObject() }
        return nil
    }

    /// The first column, sorted.
    func names(_ query: String) throws -> [String] {
        let rows = try connection.query(query)
        return rows.indices.map { rows.text($0, 0) }.sorted()
    }

    /// Runs `body`; nil where the server refuses it, with the transaction as it was.
    func attempt<R>(_ body: () throws -> R) throws -> R? { try connection.attempt(body) }
}

extension Connection {
    /// Runs what the role may be refused under a savepoint of the open transaction; nil where it is.
    func attempt<R>(_ body: () throws -> R) throws -> R? {
        try execute("savepoint attempt")
        do {
            let value = try body()
            try execute("release savepoint attempt")
            return value
        } catch let error as PostgresError {
            guard case .server = error, !error.endsSession else { throw error }
            try execute("rollback to savepoint attempt; release savepoint attempt")
            return nil
        }
    }
}

/// An object of our snapshot is gone.
struct VanishedObject: Error {}

/// The order of what belongs to a table: by table, then by name.
private struct TableMember: Comparable {
    var table: QualifiedName?
    var name: String

    static func < (left: Self, right: Self) -> Bool {
        guard left.table == right.table else {
            guard let leftTable = left.table, let rightTable = right.table else { return left.table == nil }
            return leftTable < rightTable
        }
        return left.name < right.name
    }
}

extension Catalog.ObjectID {
    /// A table, view, sequence …
    package static func relation(_ oid: OID) -> Self { Self(catalog: "pg_class", oid: oid) }
}

extension Catalog.Extension {
    var object: Catalog.SchemaObject {
        Catalog.SchemaObject(
            id: Catalog.ObjectID(catalog: "pg_extension", oid: oid), kind: "extension",
            identity: QualifiedName.quotedIfNeeded(name), schema: schema)
    }
}
