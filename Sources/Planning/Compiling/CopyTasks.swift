internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Hypertables are made while empty; then the pieces.
    mutating func addCopyTasks() {
        let cutter = PieceCutter(plan: plan, source: source, target: target, jobs: jobs)
        for relation in selection.relations {
            switch relation.kind {
            case .view, .materializedView: continue
            case .partitionedTable:
                tables[relation.oid] = TableTasks(ready: preData, data: [preData])
                decide(relation, .none, why: "its rows are in its partitions")
            case .foreignTable:
                tables[relation.oid] = TableTasks(ready: preData, data: [preData])
                decide(relation, .none, why: "its rows are elsewhere")
            case .table: addTable(relation, cutter)
            }
        }
    }

    mutating func addLargeObjects(after needs: [Int]) {
        // In live mode the application may make some meanwhile.
        guard source.largeObjectCount > 0 || following != nil else { return }
        largeObjects = add(
            "0001", .copyLargeObjects(first: 0, end: nil), after: needs, resource: .tableJob,
            weight: Int64(source.largeObjectCount) * 2048)
    }

    private mutating func addTable(_ relation: Catalog.Relation, _ cutter: PieceCutter) {
        let entry = hypertables[relation.oid]
        var ready = preData
        if let entry, let definition = definition(of: entry) {
            ready = add(
                relation.name.description, .createHypertable(definition), after: [preData], weight: relation.tableBytes)
        }
        if let parts = partitions[relation.oid] {
            ready = add(relation.name.description, .createPartitions(parts), after: [preData])
        }
        var tasks = TableTasks(ready: ready, data: [ready], bytes: relation.tableBytes)
        if selection.withoutData.contains(relation.oid) {
            decide(relation, .skipped, why: "the plan skips its data")
        } else {
            let indexes = lookup.indexesByTable[relation.oid] ?? []
            let chunked = lookup.hypertablesByName[relation.name]
            let cut = cutter.cut(relation, indexes: indexes, hypertable: entry, chunked: chunked,
                isDivided: partitions[relation.oid] != nil)
            diagnostics += cut.diagnostics
            tasks.data = cut.pieces.map { piece in
                add(
                    "\(relation.name):\(Self.digits(piece.number))", .copy(piece), after: [ready],
                    resource: .tableJob, weight: piece.estimatedBytes)
            }
            tasks.isFrozen = cut.pieces.allSatisfy(\.mayFreeze)
            pieces[relation.oid] = cut.pieces
            decide(relation, cut.way, pieces: cut.pieces.count, isBinary: cut.isBinary, why: cut.why)
        }
        tables[relation.oid] = tasks
    }

    private mutating func decide(
        _ relation: Catalog.Relation, _ way: TableDecision.Way, pieces: Int = 0, isBinary: Bool = false, why: String,
    ) {
        var decision = TableDecision(
                table: relation.name, way: way, pieces: pieces, isBinary: isBinary,
                isHypertable: hypertables[relation.oid] != nil,
                estimatedRows: Int64(max(relation.estimatedRows, 0).rounded()), bytes: relation.tableBytes,
                indexBytes: relation.indexBytes, why: why)
        if partitions[relation.oid] != nil { decision.becomesPartitioned = true }
        decisions.append(decision)
    }

    private func definition(of entry: Plan.Hypertable) -> HypertableDefinition? {
        guard let time = entry.timeColumn?.value else { return nil }
        let interval: HypertableDefinition.Interval? = entry.chunkInterval.map { interval in
            switch interval.value {
            case .duration(let duration): .interval(duration.text)
            case .integer(let value): .integer(value)
            }
        }
        let space = entry.space.map { space in
            HypertableDefinition.Space(column: space.column.value, partitions: space.partitions.value)
        }
        var definition = HypertableDefinition(
            table: entry.table.value, timeColumn: time, chunkInterval: interval, space: space)
        if let source = lookup.hypertablesByName[entry.table.value] {
            let further = source.furtherDimensions(beside: entry.space)
            definition.further = further.isEmpty ? nil : further
            definition.integerNow = source.dimensions.first?.integerNow
        }
        return definition
    }

    /// At least four, so that they sort.
    static func digits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
