internal import PlanFile
internal import Postgres

/// What TimescaleDB holds of a database.
struct TimescaleReading {
    var hypertables: [Catalog.Hypertable] = []
    var continuousAggregates: [Catalog.ContinuousAggregate] = []
    var jobs: [Catalog.Job] = []
    var objects: [Catalog.ObjectID] = []
}

/// Of hypertables, their dimensions and chunks. Through TimescaleDB's information views, whose columns have stayed what
/// they are from 2.10 to 2.31; what they lack is read of its catalog where that can be had, and copied from nowhere.
extension CatalogReading {
    /// Hypertables and what belongs to them, where the database has TimescaleDB 2 or later.
    ///
    /// A hypertable's rows are in its chunks: on a source, the sizes of its relation become theirs.
    func timescale(
        _ options: CatalogReader.Options, _ relations: inout [Catalog.Relation],
    ) throws -> TimescaleReading {
        guard scope.hasTimescaleDB else { return TimescaleReading() }
        var reading = TimescaleReading()
        let rows = try attempt { try connection.query(Self.hypertableQuery) }
        reading.hypertables =
            (rows?.rows { row in
                Catalog.Hypertable(
                    table: QualifiedName(schema: row.text(), name: row.text()), timeColumn: row.text(),
                    chunkCount: row.int())
            } ?? []).sorted { $0.table < $1.table }
        let dimensions = try dimensions()
        let chunks = options.readsStatistics ? try chunks() : Chunks()
        let columnstores = try columnstores()
        let names = try chunkNames()
        for position in reading.hypertables.indices {
            let table = reading.hypertables[position].table
            reading.hypertables[position].dimensions = dimensions[table] ?? []
            reading.hypertables[position].chunks = chunks.byTable[table] ?? []
            reading.hypertables[position].columnstore = columnstores[table]
            reading.hypertables[position].chunkNames = names[table]
        }
        if options.readsStatistics { addSizes(chunks, reading.hypertables, to: &relations) }
        reading.continuousAggregates = try continuousAggregates(dimensions, chunks.byTable, columnstores)
        reading.jobs = try jobs(reading.continuousAggregates)
        reading.objects = try timescaleObjects()
        return reading
    }

    private static let hypertableQuery = """
        select h.hypertable_schema, h.hypertable_name, d.column_name, h.num_chunks
        from timescaledb_information.hypertables h
        join timescaledb_information.dimensions d
            on d.hypertable_schema = h.hypertable_schema and d.hypertable_name = h.hypertable_name
            and d.dimension_number = 1
        where h.hypertable_schema !~ '^_timescaledb_'
        """

    /// Of chunks in one go: by table, and what their rows number.
    struct Chunks {
        var byTable: [QualifiedName: [Catalog.Chunk]] = [:]
        var rows: [QualifiedName: Double] = [:]
    }

    private func addSizes(
        _ chunks: Chunks, _ hypertables: [Catalog.Hypertable], to relations: inout [Catalog.Relation],
    ) {
        let positions = Dictionary(relations.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for hypertable in hypertables {
            guard let position = positions[hypertable.table] else { continue }
            let bytes = hypertable.chunks.reduce(0) { $0 + $1.bytes }
            relations[position].heapBytes = bytes
            relations[position].tableBytes = bytes
            relations[position].estimatedRows = chunks.rows[hypertable.table] ?? 0
        }
    }

    private func dimensions() throws -> [QualifiedName: [Catalog.Dimension]] {
        let known = try attempt { try functions() } ?? [:]
        var found: [QualifiedName: [Catalog.Dimension]] = [:]
        let rows = try connection.query(Self.dimensionQuery).rows { row -> (QualifiedName, Catalog.Dimension)? in
            let table = QualifiedName(schema: row.text(), name: row.text())
            let column = row.text()
            let kind: Catalog.Dimension.Kind
            let (microseconds, text, integer, partitions) = (
                row.optionalInt(), row.text(), row.optionalInt(), row.int()
            )
            if let microseconds {
                kind = .time(microseconds: Int64(microseconds), text: text)
            } else if let integer {
                kind = .integer(Int64(integer))
            } else {
                kind = .space(partitions: partitions)
            }
            let names = known[table]?[column]
            return (
                table,
                Catalog.Dimension(
                    column: column, kind: kind, integerNow: names?.now, partitioningFunction: names?.partitioning)
            )
        }
        for (table, dimension) in rows { found[table, default: []].append(dimension) }
        return found
    }

    private static let dimensionQuery = """
        select d.hypertable_schema, d.hypertable_name, d.column_name,
            (extract(epoch from d.time_interval) * 1000000)::bigint, d.time_interval::text, d.integer_interval,
            d.num_partitions
        from timescaledb_information.dimensions d
        order by d.hypertable_schema, d.hypertable_name, d.dimension_number
        """

    /// The view tells `integer_now` without its schema, and partitioning functions not at all.
    private func functions() throws -> [QualifiedName: [String: (now: String?, partitioning: String?)]] {
        var found: [QualifiedName: [String: (now: String?, partitioning: String?)]] = [:]
        for (table, column, now, partitioning) in try connection.query(Self.functionQuery).rows({ row in
            (
                QualifiedName(schema: row.text(), name: row.text()), row.text(), row.optionalText(),
                row.optionalText()
            )
        }) {
            found[table, default: [:]][column] = (now, partitioning)
        }
        return found
    }

    private static let functionQuery = """
        select h.schema_name, h.table_name, d.column_name,
            case when d.integer_now_func is not null
                then pg_catalog.format('%I.%I', d.integer_now_func_schema, d.integer_now_func) end,
            case when d.partitioning_func is not null and d.partitioning_func_schema !~ '^_timescaledb_'
                then pg_catalog.format('%I.%I', d.partitioning_func_schema, d.partitioning_func) end
        from _timescaledb_catalog.dimension d
        join _timescaledb_catalog.hypertable h on h.id = d.hypertable_id
        """

    private func chunks() throws -> Chunks {
        // Rows of compressed chunks take a fraction of what they took.
        let before = try attempt { try sizesBeforeCompression() } ?? [:]
        var found = Chunks()
        for (table, chunk, rows) in try connection.query(Self.chunkQuery).rows({ row in
            let table = QualifiedName(schema: row.text(), name: row.text())
            let name = QualifiedName(schema: row.text(), name: row.text())
            let chunk = Catalog.Chunk(
                name: name, start: row.border(), end: row.border(), isCompressed: row.bool(),
                bytes: max(row.bytes(), before[name]?.bytes ?? 0))
            return (table, chunk, max(row.optionalDouble() ?? 0, before[name]?.rows ?? 0))
        }) {
            found.byTable[table, default: []].append(chunk)
            found.rows[table, default: 0] += rows
        }
        return found
    }

    private static let chunkQuery = """
        select k.hypertable_schema, k.hypertable_name, k.chunk_schema, k.chunk_name,
            coalesce(k.range_start_integer::text, k.range_start::text),
            coalesce(k.range_end_integer::text, k.range_end::text), k.is_compressed, pg_catalog.pg_table_size(c.oid),
            c.reltuples
        from timescaledb_information.chunks k
        join pg_catalog.pg_namespace n on n.nspname = k.chunk_schema
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = k.chunk_name
        order by k.range_start_integer, k.range_start, k.chunk_schema, k.chunk_name
        """

    private func sizesBeforeCompression() throws -> [QualifiedName: (bytes: Int64, rows: Double)] {
        let rows = try connection.query(compressionQuery)
        var found: [QualifiedName: (bytes: Int64, rows: Double)] = [:]
        for (name, bytes, number) in rows.rows({ row in
            (QualifiedName(schema: row.text(), name: row.text()), row.bytes(), row.optionalDouble() ?? 0)
        }) {
            found[name] = (bytes, number)
        }
        return found
    }

    /// What no view tells of all chunks at once. Chunks by name up to 2.2x, by OID then.
    private var compressionQuery: String {
        let isByOID = scope.chunks == .byOID
        let chunk = isByOID ? "c.oid = k.relid" : "n.nspname = k.schema_name and c.relname = k.table_name"
        return """
            select n.nspname, c.relname, s.uncompressed_heap_size + s.uncompressed_toast_size,
                s.numrows_pre_compression
            from _timescaledb_catalog.compression_chunk_size s
            join _timescaledb_catalog.chunk k on k.id = s.chunk_id
            join pg_catalog.pg_class c on true
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where \(chunk)
            """
    }

    private func chunkNames() throws -> [QualifiedName: Catalog.ChunkNames] {
        let rows = try attempt { try connection.query(Self.chunkNameQuery) }
        var found: [QualifiedName: Catalog.ChunkNames] = [:]
        for (table, names) in rows?.rows({ row in
            (
                QualifiedName(schema: row.text(), name: row.text()),
                Catalog.ChunkNames(schema: row.text(), prefix: row.text())
            )
        }) ?? [] {
            found[table] = names
        }
        return found
    }

    private static let chunkNameQuery = """
        select h.schema_name, h.table_name, h.associated_schema_name, h.associated_table_prefix
        from _timescaledb_catalog.hypertable h
        """

    private func columnstores() throws -> [QualifiedName: Catalog.Columnstore] {
        var found: [QualifiedName: Catalog.Columnstore] = [:]
        for table in try connection.query(Self.enabledQuery).rows({ row in
            QualifiedName(schema: row.text(), name: row.text())
        }) {
            found[table] = Catalog.Columnstore(segmentBy: [], orderBy: [])
        }
        let rows = try attempt { try connection.query(Self.settingQuery) }
        for (table, column, isSegment, isAscending, nullsFirst) in rows?.rows({ row in
            (
                QualifiedName(schema: row.text(), name: row.text()), row.text(), row.bool(), row.bool(), row.bool()
            )
        }) ?? [] {
            if isSegment {
                found[table, default: Catalog.Columnstore(segmentBy: [], orderBy: [])].segmentBy.append(column)
            } else {
                found[table, default: Catalog.Columnstore(segmentBy: [], orderBy: [])].orderBy.append(
                    Catalog.Columnstore.Order(
                        column: column, descending: !isAscending, nullsFirst: nullsFirst))
            }
        }
        return found
    }

    private static let enabledQuery = """
        select h.hypertable_schema, h.hypertable_name from timescaledb_information.hypertables h
        where h.compression_enabled
        union all
        select v.materialization_hypertable_schema, v.materialization_hypertable_name
        from timescaledb_information.continuous_aggregates v
        where v.compression_enabled
        """

    private static let settingQuery = """
        select s.hypertable_schema, s.hypertable_name, s.attname, s.segmentby_column_index is not null, s.orderby_asc,
            s.orderby_nullsfirst
        from timescaledb_information.compression_settings s
        order by s.hypertable_schema, s.hypertable_name, s.segmentby_column_index, s.orderby_column_index
        """
}

extension Row {
    /// Of a chunk; nil where it is open.
    fileprivate mutating func border() -> String? {
        optionalText().flatMap { $0.hasSuffix("infinity") ? nil : $0 }
    }
}
