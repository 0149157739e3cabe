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
        let there = existing[relation.oid]
        if there == nil, let entry, var definition = self.definition(of: entry) {
            definition.owner = ownerFromTheStart(of: relation)
            ready = add(
                relation.name.description, .createHypertable(definition), after: [preData], weight: relation.tableBytes)
        }
        if let parts = partitions[relation.oid] {
            ready = add(relation.name.description, .createPartitions(parts), after: [preData])
        }
        var tasks = TableTasks(ready: ready, data: [ready], bytes: relation.tableBytes)
        if let family = selection.families[relation.oid], entry != nil {
            tasks.data = addParts(of: family, relation, after: ready, cutter)
        } else if selection.withoutData.contains(relation.oid) {
            decide(relation, .skipped, why: "the plan skips its data")
        } else {
            let indexes = lookup.indexesByTable[relation.oid] ?? []
            let chunked = lookup.hypertablesByName[relation.name]
            var cut = cutter.cut(
                relation, indexes: indexes, hypertable: entry, chunked: chunked,
                isDivided: partitions[relation.oid] != nil)
            if there != nil {
                for position in cut.pieces.indices { cut.pieces[position].mayFreeze = false }
                cut.why += "; into the target's own table"
            }
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

    /// The pieces of a hypertable's partitions on the source; each partition is a table of its own there.
    private mutating func addParts(
        of family: PartitionFamily, _ root: Catalog.Relation, after ready: Int, _ cutter: PieceCutter,
    ) -> [Int] {
        var (all, vertices, isBinary) = ([Piece](), [Int](), true)
        var cut = 0
        let parts = family.parts.filter { $0.kind == .table && !selection.withoutData.contains($0.oid) }
        for part in parts {
            let indexes = original.indexesByTable[part.oid] ?? []
            let territory = family.territory(of: part)
            let own = cutter.cut(
                part, indexes: indexes, hypertable: hypertables[root.oid], allowsBlocks: territory != nil)
            diagnostics += own.diagnostics
            isBinary = isBinary && own.isBinary
            if own.pieces.count > 1 { cut += 1 }
            for var piece in own.pieces {
                (piece.target, piece.territory) = (root.name, territory)
                all.append(piece)
                vertices.append(
                    add(
                        "\(part.name):\(Self.digits(piece.number))", .copy(piece), after: [ready], resource: .tableJob,
                        weight: piece.estimatedBytes))
            }
        }
        let noun = parts.count == 1 ? family.noun : family.nouns
        guard !parts.isEmpty else {
            decide(root, .skipped, why: "the plan skips the data of its \(family.nouns)")
            return [ready]
        }
        pieces[root.oid] = all
        decide(
            root, .partitions, pieces: all.count, isBinary: isBinary,
            why: "\(parts.count) \(noun) of the source become one hypertable"
                + (cut > 0 ? "; \(cut) of them cut into \(all.count - parts.count + cut) pieces" : ""))
        return vertices
    }

    private mutating func decide(
        _ relation: Catalog.Relation, _ way: TableDecision.Way, pieces: Int = 0, isBinary: Bool = false, why: String,
    ) {
        let there = existing[relation.oid]
        var decision = TableDecision(
            table: relation.name, way: way, pieces: pieces, isBinary: isBinary,
            isHypertable: there.map { $0.hypertable != nil } ?? (hypertables[relation.oid] != nil),
            estimatedRows: Int64(max(relation.estimatedRows, 0).rounded()), bytes: relation.tableBytes,
            indexBytes: relation.indexBytes, why: why,
        )
        if there?.target.kind == .partitionedTable { decision.hasPartitions = true }
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
