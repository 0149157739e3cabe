internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// A partitioned table's ANALYZE does its partitions as well, so that these need none of their own.
    ///
    /// It waits for the table's foreign keys: on a hypertable both lock chunk by chunk, in different orders, and deadlock.
    ///
    /// It also reads samples of foreign tables below, from servers that the target may not reach: where there is one,
    /// only what holds rows itself is analysed.
    ///
    /// - Parameter isLate: those of tables whose extended statistics come with the dump's end, or the others; nil: all.
    mutating func addAnalyzeTasks(isLate wanted: Bool? = nil) {
        let late = tablesWithExtendedStatistics()
        let aboveForeign = ancestorsOfForeignTables()
        let keys = foreignKeyVertices()
        var roots: [Catalog.Relation] = []
        for relation in selection.relations {
            switch relation.kind {
            case .partitionedTable where !relation.isPartition && !aboveForeign.contains(relation.oid):
                roots.append(relation)
            case .table where pieces[relation.oid] != nil:
                let root = lookup.partitionRoot(of: relation.oid)?.oid ?? relation.oid
                let isPart = relation.isPartition && !aboveForeign.contains(root)
                guard let tasks = tables[relation.oid], !isPart, !aboveForeign.contains(relation.oid),
                    wanted ?? late.contains(relation.oid) == late.contains(relation.oid)
                else { continue }
                let children = lookup.descendants(of: relation.oid).flatMap { tables[$0]?.tails ?? [] }
                let statistics = late.contains(relation.oid) ? [postData] : []
                let vertex = addAnalyze(
                    relation, bytes: relation.tableBytes,
                    after: tasks.tails + children + statistics + (keys[relation.oid] ?? []))
                tables[relation.oid]?.analyze = vertex
            default: continue
            }
        }
        for root in roots {
            let family = lookup.descendants(of: root.oid).filter { pieces[$0] != nil }
            guard !family.isEmpty else { continue }
            let isLate = late.contains(root.oid) || family.contains { late.contains($0) }
            guard wanted ?? isLate == isLate else { continue }
            let needs =
                tails(of: root.oid) + family.flatMap { tails(of: $0) + (keys[$0] ?? []) } + (keys[root.oid] ?? [])
                + (isLate ? [postData] : [])
            let vertex = addAnalyze(
                root, bytes: family.reduce(0) { $0 + min(tables[$1]?.bytes ?? 0, Self.sampleBytes) },
                after: needs)
            for oid in [root.oid] + family where tables[oid]?.analyze == nil { tables[oid]?.analyze = vertex }
        }
    }

    /// The foreign keys from and to each table.
    func foreignKeyVertices() -> [OID: [Int]] {
        var vertices: [OID: [Int]] = [:]
        for (vertex, constraint, _) in foreignKeys {
            for table in Set([constraint.table, constraint.referencedTable].compactMap(\.self)) {
                vertices[table, default: []].append(vertex)
            }
        }
        return vertices
    }

    private func ancestorsOfForeignTables() -> Set<OID> {
        var found: Set<OID> = []
        var queue = selection.relations.filter { $0.kind == .foreignTable }.flatMap(\.parents)
        while let oid = queue.popLast() {
            guard found.insert(oid).inserted else { continue }
            queue += lookup.relationsByOID[oid]?.parents ?? []
        }
        return found
    }

    /// What ANALYZE reads of a table at most: 300 pages for each of 100 steps of its histograms.
    private static let sampleBytes: Int64 = 30_000 * 8192

    private mutating func addAnalyze(_ relation: Catalog.Relation, bytes: Int64, after needs: [Int]) -> Int {
        add(
            relation.name.description, .analyze(relation.name), after: Set(needs).sorted(), resource: .indexJob,
            weight: min(bytes, Self.sampleBytes))
    }

    /// Their statistics objects come with the rest of the dump's end.
    private func tablesWithExtendedStatistics() -> Set<OID> {
        Set(
            source.dependencies.filter { $0.dependent.catalog == "pg_statistic_ext" && $0.on.catalog == "pg_class" }
                .map(\.on.oid))
    }

    /// Sequences; event triggers, which must not fire for us; then whether the source stood still; then verification.
    mutating func addLastTasks() {
        if !sequences.isEmpty {
            add(nil, .setSequences(sequences), after: [postData])
        }
        addExtensionRows(isLate: true, after: graph.sinks)
        addRightsTasks(.all)
        // The dump's last stage also holds comments on materialized views' indexes, which are built late.
        let views = Set(selection.relations.filter { $0.kind == .materializedView }.map(\.oid))
        if !selection.eventTriggers.isEmpty || selection.indexes.contains(where: { views.contains($0.table) }) {
            add(nil, .restoreEventTriggers, after: graph.sinks)
            addRightsTasks(.eventTriggers)
        }
        let end = add(nil, .checkSourceUnchanged, after: graph.sinks)
        addVacuumTasks { _, _ in [end] }
        addVerifyTasks(after: end)
    }

    /// Also where the plan asks for none: it may, as long as the migration is not finished.
    mutating func addVerifyTasks(after end: Int) {
        for relation in selection.relations {
            let copied = pieces[relation.oid] ?? []
            let compared =
                selection.families[relation.oid].map { familyPieces($0, relation, copied) }
                ?? verificationPieces(copied)
            for piece in compared {
                add(
                    "\(relation.name):\(Self.digits(piece.number))", .verify(piece), after: [end],
                    resource: .tableJob, weight: piece.estimatedBytes)
            }
        }
    }

    /// Rows that were written frozen are marked as visible to all; others are marked by a vacuum, and only where no
    /// transaction is open that is older than the newest of them. So it comes when nothing else of ours writes.
    /// - Parameter needs: what a relation's vacuum waits for; nil: it has none.
    mutating func addVacuumTasks(after needs: (Catalog.Relation, TableTasks) -> [Int]?) {
        for relation in selection.relations {
            guard let tasks = tables[relation.oid], !tasks.isFrozen,
                relation.kind == .materializedView ? tasks.analyze != nil : pieces[relation.oid] != nil,
                let before = needs(relation, tasks)
            else { continue }
            let isLarge = hypertables[relation.oid] != nil && relation.tableBytes > Self.leastSharedVacuum
            let parts = isLarge ? max(1, jobs.indexJobs) : 1
            for part in 1...parts {
                let name = relation.name.description + (parts > 1 ? ":" + Self.digits(part) : "")
                add(
                    name, .vacuum(relation.name, part: part, parts: parts), after: before, resource: .indexJob,
                    weight: relation.tableBytes / Int64(parts))
            }
        }
    }

    /// A smaller hypertable's chunks are vacuumed by one job.
    private static let leastSharedVacuum: Int64 = 64 << 20

    /// A hypertable whose rows come from several tables is compared with all of these at once: in ranges of time, cut
    /// where the source's partitions begin.
    private func familyPieces(
        _ family: PartitionFamily, _ root: Catalog.Relation, _ copied: [Piece],
    ) -> [Piece] {
        guard let first = copied.first else { return [] }
        let bytes = copied.reduce(0) { $0 + $1.estimatedBytes }
        let most = Int(bytes / Self.leastComparedPiece) + 1
        let borders = family.borders(by: hypertables[root.oid]?.timeColumn?.value, atMost: most)
        let bounds: [String?] = [nil] + (borders?.values ?? []).map { $0 } + [nil]
        let rows: [Piece.Rows] =
            borders.map { found in
                found.values.isEmpty
                    ? [.all]
                    : zip(bounds, bounds.dropFirst()).map {
                        .range(column: found.column, type: found.type, lower: $0, upper: $1)
                    }
            } ?? [.all]
        return rows.enumerated().map { position, rows in
            var piece = Piece(
                table: root.name, tableOID: root.oid, number: position + 1, count: rows == .all ? 1 : bounds.count - 1,
                rows: rows, columns: first.columns, isBinary: first.isBinary, mayFreeze: false,
                estimatedRows: copied.reduce(0) { $0 + $1.estimatedRows } / Int64(max(bounds.count - 1, 1)),
                estimatedBytes: bytes / Int64(max(bounds.count - 1, 1)))
            piece.includesChildren = true
            let moved = Set(copied.map(\.tableOID))
            piece.leavesOut = ([family.root] + family.members).filter { $0.kind == .table && !moved.contains($0.oid) }
                .map(\.oid)
            return piece
        }
    }

    /// Comparing less at once costs more in turns than it saves.
    private static let leastComparedPiece: Int64 = 256 << 20

    /// Ranges as they were copied. A ctid means nothing on another server, so that a table of block pieces is one.
    private func verificationPieces(_ pieces: [Piece]) -> [Piece] {
        guard var whole = pieces.first, case .blocks = whole.rows else { return pieces }
        whole.rows = .all
        whole.count = 1
        whole.estimatedRows = pieces.reduce(0) { $0 + $1.estimatedRows }
        whole.estimatedBytes = pieces.reduce(0) { $0 + $1.estimatedBytes }
        return [whole]
    }
}
