import PlanFile

@testable import Catalog

/// Makes catalogs by hand, for tests of what is a function of catalogs. Every `add…` returns the new object's OID; OIDs
/// count up, so that what was added first is smaller.
///
///     var source = CatalogBuilder()
///     let readings = source.addTable("readings", [.init("time", .timestamptz, notNull: true)], bytes: 20 << 30)
///     source.addPrimaryKey("readings_pkey", on: readings, ["time"])
///     let catalog = source.catalog
struct CatalogBuilder {
    /// The types that tests use most; others by `addType`.
    enum BuiltIn: OID, CaseIterable {
        case bool = 16, bytea = 17, int8 = 20, int2 = 21, int4 = 23, text = 25, oid = 26, json = 114, xml = 142
        case float4 = 700, float8 = 701, money = 790, int4Array = 1007, textArray = 1009, varchar = 1043, date = 1082
        case timestamp = 1114, timestamptz = 1184, interval = 1186, numeric = 1700, regclass = 2205, uuid = 2950
        case oidArray = 1028, int4range = 3904, int4multirange = 4451, jsonb = 3802, tsvector = 3614, aclitem = 1033

        var name: String {
            switch self {
            case .int4Array: "_int4"
            case .textArray: "_text"
            case .oidArray: "_oid"
            default: "\(self)"
            }
        }
        /// As `format_type` writes it.
        var sqlName: String {
            switch self {
            case .bool: "boolean"
            case .int8: "bigint"
            case .int2: "smallint"
            case .int4: "integer"
            case .float4: "real"
            case .float8: "double precision"
            case .varchar: "character varying"
            case .timestamp: "timestamp without time zone"
            case .timestamptz: "timestamp with time zone"
            case .int4Array: "integer[]"
            case .textArray: "text[]"
            case .oidArray: "oid[]"
            default: "\(self)"
            }
        }
        var element: OID? {
            switch self {
            case .int4Array: BuiltIn.int4.rawValue
            case .textArray: BuiltIn.text.rawValue
            case .oidArray: BuiltIn.oid.rawValue
            default: nil
            }
        }
        var dataType: Catalog.DataType {
            let kind: Catalog.DataType.Kind =
                switch self {
                case .int4range: .range
                case .int4multirange: .multirange
                default: .base
                }
            return Catalog.DataType(
                oid: rawValue, schema: "pg_catalog", name: name, kind: kind, element: element,
                base: kind == .base ? nil : BuiltIn.int4.rawValue, attributes: [], hasBinaryIO: self != .aclitem,
                extensionName: nil,
            )
        }
    }

    struct Column {
        var name: String
        var type: OID
        var typeName: String
        var notNull = false
        var hasDefault = false
        var identity: Catalog.Column.Identity?
        var generated: Catalog.Column.Generated?
        var collation: String?
        var statistics: Catalog.ColumnStatistics?

        init(
            _ name: String, _ type: BuiltIn, notNull: Bool = false, collation: String? = nil,
            generated: Catalog.Column.Generated? = nil, identity: Catalog.Column.Identity? = nil,
            statistics: Catalog.ColumnStatistics? = nil,
        ) {
            self.name = name
            self.type = type.rawValue
            self.typeName = type.sqlName
            self.notNull = notNull
            self.generated = generated
            self.identity = identity
            self.collation = collation ?? ([.text, .varchar, .textArray].contains(type) ? "default" : nil)
            self.statistics = statistics
        }
        /// A column of a type made by `addType`.
        init(_ name: String, type: OID, typeName: String, notNull: Bool = false) {
            self.name = name
            self.type = type
            self.typeName = typeName
            self.notNull = notNull
        }
    }

    private var value: Catalog
    private var nextOID: OID = 16_384

    /// Sorted as the reader sorts.
    var catalog: Catalog {
        var sorted = value
        sorted.schemas.sort { $0.name < $1.name }
        sorted.extensions.sort { $0.name < $1.name }
        sorted.relations.sort { $0.name < $1.name }
        sorted.indexes.sort { $0.name < $1.name }
        sorted.constraints.sort { $0.oid < $1.oid }
        sorted.triggers.sort { $0.oid < $1.oid }
        sorted.sequences.sort { $0.name < $1.name }
        sorted.objects.sort { $0.id < $1.id }
        sorted.dependencies.sort { ($0.dependent, $0.on) < ($1.dependent, $1.on) }
        return sorted
    }

    /// Everything that tests may want to change directly: `builder.edit { $0.server.versionNumber = 130_000 }`.
    mutating func edit(_ change: (inout Catalog) -> Void) { change(&value) }

    /// An empty database with schema `public` and the server's default settings.
    init(versionNumber: Int = 150_020, settings: [String: String] = [:]) {
        value = Catalog(
            server: Self.server(versionNumber: versionNumber, settings: settings), schemas: [], extensions: [],
            relations: [], indexes: [], constraints: [], triggers: [], policies: [], sequences: [],
            types: Dictionary(uniqueKeysWithValues: BuiltIn.allCases.map { ($0.rawValue, $0.dataType) }),
            dependencies: [], objects: [], eventTriggers: [], publications: [], subscriptions: [], foreignServers: [],
            largeObjectCount: 0, preparedTransactions: [], hypertables: [],
        )
        addSchema("public")
    }

    static let defaultSettings: [String: (String, String?)] = [
        "max_connections": ("100", nil), "superuser_reserved_connections": ("3", nil),
        "max_worker_processes": ("8", nil), "max_parallel_workers": ("8", nil),
        "max_parallel_maintenance_workers": ("2", nil), "maintenance_work_mem": ("65536", "kB"),
        "shared_buffers": ("16384", "8kB"), "effective_cache_size": ("524288", "8kB"), "wal_level": ("replica", nil),
        "block_size": ("8192", nil), "max_locks_per_transaction": ("64", nil),
    ]

    static func server(versionNumber: Int, settings: [String: String] = [:]) -> Catalog.Server {
        var all = defaultSettings.mapValues { Catalog.Setting(value: $0.0, unit: $0.1, pendingRestart: false) }
        for (name, value) in settings {
            all[name] = Catalog.Setting(value: value, unit: all[name]?.unit, pendingRestart: false)
        }
        return Catalog.Server(
            versionNumber: versionNumber, version: "\(versionNumber / 10_000).\(versionNumber % 10_000)",
            database: "iot", user: "postgres", isSuperuser: true, hasReplication: true, canCreateInDatabase: true,
            canSetReplicationRole: true, systemIdentifier: "7300000000000000001", timeline: 1, inRecovery: false,
            encoding: "UTF8", collate: "C.UTF-8", ctype: "C.UTF-8", collationVersion: nil, settings: all,
            usedConnections: 1, usedReplicationSlots: 0, usedWalSenders: 0, availableExtensions: ["plpgsql": "1.0"],
            roles: ["postgres"], tablespaces: ["pg_default", "pg_global"], databaseBytes: 0, snapshot: "100:100:",
            longTransactions: [], roundTripSeconds: 0.0002, poolerEvidence: nil, timescaleLicense: nil,
        )
    }

    private mutating func newOID() -> OID {
        defer { nextOID += 1 }
        return nextOID
    }

    @discardableResult
    mutating func addSchema(_ name: String) -> OID {
        let oid = newOID()
        value.schemas.append(Catalog.Schema(oid: oid, name: name, owner: "postgres"))
        return oid
    }

    @discardableResult
    mutating func addExtension(_ name: String, version: String = "1.0", schema: String = "public") -> OID {
        let oid = newOID()
        value.extensions.append(Catalog.Extension(oid: oid, name: name, version: version, schema: schema))
        value.objects.append(
            Catalog.SchemaObject(
                id: .init(catalog: "pg_extension", oid: oid), kind: "extension",
                identity: QualifiedName.quotedIfNeeded(name), schema: schema))
        return oid
    }

    /// A relation; `name` without a dot is in `public`. `bytes` is heap and TOAST, `heap` the heap alone.
    @discardableResult
    mutating func addTable(
        _ name: String, _ columns: [Column] = [Column("id", .int8, notNull: true)], bytes: Int64 = 8192,
        heap: Int64? = nil, rows: Double? = nil, kind: Catalog.Relation.Kind = .table, partitionOf parent: OID? = nil,
        inherits parents: [OID] = [], partitionKey: String? = nil, isPopulated: Bool = true,
    ) -> OID {
        let oid = newOID()
        let numbered = columns.enumerated().map { position, column in
            Catalog.Column(
                number: position + 1, name: column.name, type: column.type, typeName: column.typeName,
                isNotNull: column.notNull, hasDefault: column.hasDefault, identity: column.identity,
                generated: column.generated, collation: column.collation, statistics: column.statistics,
            )
        }
        value.relations.append(
            Catalog.Relation(
                oid: oid, name: Self.qualified(name), kind: kind, owner: "postgres", isUnlogged: false, fileNode: oid,
                columns: numbered, estimatedRows: rows ?? Double(bytes / 100), heapBytes: heap ?? bytes,
                tableBytes: bytes, indexBytes: 0, parents: parent.map { [$0] } ?? parents, isPartition: parent != nil,
                partitionKey: partitionKey, replicaIdentity: .default, hasRowSecurity: false,
                forcesRowSecurity: false, tablespace: nil, accessMethod: kind == .table ? "heap" : nil,
                isPopulated: isPopulated, isReadable: true,
            )
        )
        return oid
    }

    /// A view or materialized view that reads `relations`.
    @discardableResult
    mutating func addView(
        _ name: String, reads relations: [OID], materialized: Bool = false, isPopulated: Bool = true, bytes: Int64 = 0,
    ) -> OID {
        let oid = addTable(
            name, bytes: bytes, kind: materialized ? .materializedView : .view, isPopulated: isPopulated,
        )
        for relation in relations { addDependency(of: ("pg_class", oid), on: ("pg_class", relation)) }
        return oid
    }

    /// A btree index on columns by name; `constraint` is filled in by `addPrimaryKey` and `addUnique`.
    @discardableResult
    mutating func addIndex(
        _ name: String, on table: OID, _ columns: [String], unique: Bool = false, primary: Bool = false,
        method: String = "btree", partial: Bool = false, valid: Bool = true, exclusion: Bool = false,
        immediate: Bool = true, bytes: Int64 = 8192, parent: OID? = nil,
    ) -> OID {
        let oid = newOID()
        guard let relation = value.relations.first(where: { $0.oid == table }) else {
            preconditionFailure("no relation \(table)")
        }
        let keys = columns.map { column in
            Catalog.Index.Key(
                column: relation.columns.first { $0.name == column }?.number, isDescending: false, nullsFirst: false,
                hasDefaultOperatorClass: true, hasColumnCollation: true,
            )
        }
        let qualified = QualifiedName(schema: relation.name.schema, name: name)
        let only = relation.kind == .partitionedTable ? "ONLY " : ""
        value.indexes.append(
            Catalog.Index(
                oid: oid, name: qualified, table: table, method: method, isUnique: unique || primary,
                isPrimary: primary, isExclusion: exclusion, isImmediate: immediate, isValid: valid, isPartial: partial,
                nullsNotDistinct: false, isReplicaIdentity: false, isClustered: false, keys: keys, includedColumns: [],
                definition: "CREATE \(unique || primary ? "UNIQUE " : "")INDEX \(QualifiedName.quoted(name)) ON "
                    + "\(only)\(relation.name.sql) USING \(method) (\(Self.list(columns)))",
                bytes: bytes, constraint: nil, parent: parent,
            )
        )
        for position in value.relations.indices where value.relations[position].oid == table {
            value.relations[position].indexBytes += bytes
        }
        return oid
    }

    /// A primary key, unique or exclusion constraint with its index, which has the constraint's name.
    @discardableResult
    mutating func addKey(
        _ name: String, on table: OID, _ columns: [String], kind: Catalog.Constraint.Kind = .primaryKey,
        deferrable: Bool = false, deferred: Bool = false, bytes: Int64 = 8192, parentIndex: OID? = nil,
        parent: OID? = nil,
    ) -> OID {
        let index = addIndex(
            name, on: table, columns, unique: kind != .exclusion, primary: kind == .primaryKey,
            method: kind == .exclusion ? "gist" : "btree", exclusion: kind == .exclusion, immediate: !deferrable,
            bytes: bytes, parent: parentIndex,
        )
        let oid = newOID()
        let words =
            switch kind {
            case .primaryKey: "PRIMARY KEY (\(Self.list(columns)))"
            case .unique: "UNIQUE (\(Self.list(columns)))"
            default: "EXCLUDE USING gist (\(columns.map { "\(QualifiedName.quoted($0)) WITH &&" }.joined()))"
            }
        let deferral = (deferrable ? " DEFERRABLE" : "") + (deferred ? " INITIALLY DEFERRED" : "")
        value.constraints.append(
            Catalog.Constraint(
                oid: oid, name: name, table: table, kind: kind, columns: numbers(of: columns, in: table),
                index: index, referencedTable: nil, referencedColumns: [], isDeferrable: deferrable,
                isDeferred: deferred, isValidated: true, parent: parent, definition: words + deferral,
            )
        )
        for position in value.indexes.indices where value.indexes[position].oid == index {
            value.indexes[position].constraint = oid
        }
        return oid
    }

    @discardableResult
    mutating func addPrimaryKey(_ name: String, on table: OID, _ columns: [String], bytes: Int64 = 8192) -> OID {
        addKey(name, on: table, columns, bytes: bytes)
    }

    @discardableResult
    mutating func addForeignKey(
        _ name: String, on table: OID, _ columns: [String], references other: OID, _ referenced: [String],
        validated: Bool = true, parent: OID? = nil,
    ) -> OID {
        let oid = newOID()
        let target = value.relations.first { $0.oid == other }?.name.sql ?? ""
        value.constraints.append(
            Catalog.Constraint(
                oid: oid, name: name, table: table, kind: .foreignKey, columns: numbers(of: columns, in: table),
                index: nil, referencedTable: other, referencedColumns: numbers(of: referenced, in: other),
                isDeferrable: false, isDeferred: false, isValidated: validated, parent: parent,
                definition: "FOREIGN KEY (\(Self.list(columns))) REFERENCES \(target)(\(Self.list(referenced)))"
                    + (validated ? "" : " NOT VALID"),
            )
        )
        return oid
    }

    @discardableResult
    mutating func addSequence(_ name: String, ownedBy table: OID? = nil, column: Int? = nil) -> OID {
        let oid = newOID()
        value.sequences.append(
            Catalog.Sequence(
                oid: oid, name: Self.qualified(name), ownerTable: table, ownerColumn: column, isIdentity: false,
            )
        )
        return oid
    }

    @discardableResult
    mutating func addTrigger(_ name: String, on table: OID, function: OID? = nil) -> OID {
        let oid = newOID()
        value.triggers.append(
            Catalog.Trigger(
                oid: oid, name: name, table: table, isRowLevel: true, hasTransitionTables: false, enabled: "O",
                parent: nil,
            )
        )
        if let function { addDependency(of: ("pg_trigger", oid), on: ("pg_proc", function)) }
        return oid
    }

    /// A function, operator … outside the lists: `addObject("function", "public.f()", catalog: "pg_proc")`.
    @discardableResult
    mutating func addObject(
        _ kind: String, _ identity: String, catalog: String, schema: String? = "public",
    ) -> OID {
        let oid = newOID()
        value.objects.append(
            Catalog.SchemaObject(
                id: .init(catalog: catalog, oid: oid), kind: kind, identity: identity, schema: schema,
            )
        )
        return oid
    }

    @discardableResult
    mutating func addType(
        _ name: String, _ kind: Catalog.DataType.Kind, element: OID? = nil, base: OID? = nil, attributes: [OID] = [],
        hasBinaryIO: Bool = true, extensionName: String? = nil, schema: String = "public",
    ) -> OID {
        let oid = newOID()
        value.types[oid] = Catalog.DataType(
            oid: oid, schema: schema, name: name, kind: kind, element: element, base: base, attributes: attributes,
            hasBinaryIO: hasBinaryIO, extensionName: extensionName,
        )
        return oid
    }

    mutating func addDependency(of dependent: (String, OID), on other: (String, OID)) {
        value.dependencies.append(
            Catalog.Dependency(
                dependent: .init(catalog: dependent.0, oid: dependent.1), on: .init(catalog: other.0, oid: other.1),
            )
        )
    }

    private func numbers(of columns: [String], in table: OID) -> [Int] {
        guard let relation = value.relations.first(where: { $0.oid == table }) else { return [] }
        return columns.compactMap { name in relation.columns.first { $0.name == name }?.number }
    }

    private static func list(_ columns: [String]) -> String {
        columns.map(QualifiedName.quoted).joined(separator: ", ")
    }

    private static func qualified(_ name: String) -> QualifiedName {
        guard let dot = name.firstIndex(of: ".") else { return QualifiedName(schema: "public", name: name) }
        return QualifiedName(schema: String(name[..<dot]), name: String(name[name.index(after: dot)...]))
    }
}
