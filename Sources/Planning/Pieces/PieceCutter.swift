internal import Catalog
internal import PlanFile

/// Cuts one table's rows into pieces, and says why so.
struct PieceCutter {
    /// One table, cut.
    struct Cut {
        var pieces: [Piece]
        var way: TableDecision.Way
        var isBinary: Bool
        var why: String
        var diagnostics: [Diagnostic] = []
    }

    let plan: Plan.CopySettings
    let mode: Plan.Mode
    let identities: [QualifiedName: Plan.Identity.Choice]
    let source: Catalog.Server
    let text: TextOrder
    let jobs: JobDecision
    let portability: BinaryPortability

    /// Beyond it a table gains nothing from more pieces.
    private static let mostPieces = 10_000
    /// Pieces of a hypertable are not made smaller: each costs a transaction, and its workers open every chunk anew.
    private static let leastHypertablePiece: Int64 = 256 << 20

    init(plan: Plan, source: Catalog, target: Catalog, jobs: JobDecision) {
        self.plan = plan.copy
        mode = plan.mode.value
        identities = Dictionary(
            plan.replication.identity.map { ($0.table.value, $0.choice.value) }
        ) { first, _ in first }
        self.source = source.server
        text = TextOrder(source.server, target.server)
        self.jobs = jobs
        portability = BinaryPortability(types: source.types, targetVersion: target.server.versionNumber)
    }

    /// - Parameters:
    ///   - indexes: those of the table that are valid on the source, migrated or not.
    ///   - hypertable: the table's entry in the plan, where it becomes one.
    ///   - allowsBlocks: block pieces start over together, and so need rows that are told from others on the target.
    ///   - chunked: the table as a hypertable of the source, where it is one.
    ///   - isDivided: it becomes a partitioned table.
    func cut(
        _ relation: Catalog.Relation, indexes: [Catalog.Index], hypertable: Plan.Hypertable?, allowsBlocks: Bool = true,
        chunked: Catalog.Hypertable? = nil, isDivided: Bool = false,
    ) -> Cut {
        var draft =
            chunked.map { sourceChunks(relation, $0) } ?? rows(of: relation, indexes: indexes, hypertable: hypertable)
        if draft.way == .blocks, !allowsBlocks { draft = Draft(way: .whole, rows: [.all], why: "cannot be split") }
        var cut = Cut(pieces: [], way: draft.way, isBinary: false, why: draft.why, diagnostics: draft.diagnostics)
        (cut.isBinary, cut.why) = format(relation, draft.why, &cut.diagnostics)
        let columns = relation.columns.filter { $0.generated == nil }.map(\.name)
        let count = draft.rows.count
        let nullRows = draft.nullFraction * max(relation.estimatedRows, 0)
        let dividing = Int64(draft.rows.filter { !$0.isNull }.count)
        for (position, rows) in draft.rows.enumerated() {
            var estimate =
                rows.isNull ? nullRows : (max(relation.estimatedRows, 0) - nullRows) / Double(dividing)
            var bytes =
                rows.isNull
                ? Int64(draft.nullFraction * Double(relation.tableBytes)) : relation.tableBytes / dividing
            if position < draft.bytes.count {
                bytes = draft.bytes[position]
                let share = relation.tableBytes > 0 ? Double(bytes) / Double(relation.tableBytes) : 0
                estimate = max(relation.estimatedRows, 0) * share
            }
            cut.pieces.append(
                Piece(
                    table: relation.name, tableOID: relation.oid, number: position + 1, count: count, rows: rows,
                    columns: columns, isBinary: cut.isBinary,
                    mayFreeze: rows == .all && hypertable == nil && !isDivided,
                    estimatedRows: Int64(estimate.rounded()), estimatedBytes: bytes, isChunked: chunked != nil,
                ))
        }
        return cut
    }

    private struct Draft {
        var way: TableDecision.Way
        var rows: [Piece.Rows]
        var why: String
        var nullFraction = 0.0
        /// Of each of `rows`, where that is known.
        var bytes: [Int64] = []
        var diagnostics: [Diagnostic] = []
    }

    private func rows(
        of relation: Catalog.Relation, indexes: [Catalog.Index], hypertable: Plan.Hypertable?,
    ) -> Draft {
        let bytes = relation.tableBytes
        let limit =
            hypertable == nil || plan.splitTablesLargerThan != nil
            ? jobs.splitLargerThan : 2 * Self.leastHypertablePiece
        guard bytes > limit else {
            return Draft(way: .whole, rows: [.all], why: "not larger than \(Measure.bytes(limit))")
        }
        var candidates = RangeKey.candidates(in: relation, indexes: indexes, text: text)
        if mode == .live, let identity = identity(of: relation, indexes, hypertable) {
            candidates.removeAll { !identity.contains($0.column.number) }
        }
        let count = pieceCount(bytes, each: hypertable == nil ? jobs.splitLargerThan : hypertablePiece(bytes))
        if let hypertable, let draft = chunkRanges(relation, hypertable, candidates, count) { return draft }
        if let draft = ranges(relation, candidates, count) { return draft }
        return blocks(relation, candidates, count)
    }

    /// What the plan says of a table goes for its partitions that become one hypertable.
    private func identity(
        of relation: Catalog.Relation, _ indexes: [Catalog.Index], _ hypertable: Plan.Hypertable?,
    ) -> Set<Int>? {
        let choice = identities[relation.name] ?? hypertable.flatMap { identities[$0.table.value] }
        return IdentityColumns.of(relation, indexes: indexes, choice: choice)
    }

    /// Several for each job, so that the last ones end together; but not too small.
    private func hypertablePiece(_ bytes: Int64) -> Int64 {
        let least = plan.splitTablesLargerThan.map { min($0.value.bytes, Self.leastHypertablePiece) }
        return max(least ?? Self.leastHypertablePiece, bytes / Int64(4 * max(jobs.tableJobs, 1)))
    }

    private func pieceCount(_ bytes: Int64, each size: Int64) -> Int {
        let size = max(size, 1)
        return Int(min(max((bytes + size - 1) / size, 2), Int64(Self.mostPieces)))
    }

    // MARK: Chunks

    /// A hypertable of the source is cut where its chunks begin; small ones are taken together. Chunks that come later
    /// belong to the last piece, and what has become of one in the meantime does not matter: rows are read by their
    /// time, through the hypertable.
    private func sourceChunks(_ relation: Catalog.Relation, _ hypertable: Catalog.Hypertable) -> Draft {
        let chunks = hypertable.chunks
        let whole = Draft(way: .whole, rows: [.all], why: "read through its \(Wording.count(chunks.count, "chunk"))")
        guard let column = relation.column(named: hypertable.timeColumn),
            let (type, scale) = RangeKey.scale(of: column.type)
        else { return whole }
        let size = plan.splitTablesLargerThan?.value.bytes ?? Self.leastHypertablePiece
        var borders: [Int128] = []
        var sizes: [Int64] = [0]
        for chunk in chunks {
            // Space partitions share their ranges.
            if let start = chunk.start.flatMap({ scale.number($0) }), start > borders.last ?? .min,
                (sizes.last ?? 0) >= size || (sizes.last ?? 0) > 0 && (sizes.last ?? 0) + chunk.bytes > size,
                borders.count < Self.mostPieces
            {
                borders.append(start)
                sizes.append(0)
            }
            sizes[sizes.count - 1] += chunk.bytes
        }
        guard !borders.isEmpty else { return whole }
        let bounds: [String?] = [nil] + borders.map(scale.text) + [nil]
        let rows = zip(bounds, bounds.dropFirst()).map { lower, upper in
            Piece.Rows.range(column: column.name, type: type, lower: lower, upper: upper)
        }
        let name = QualifiedName.quotedIfNeeded(column.name)
        return Draft(
            way: .ranges, rows: rows,
            why: "by \(name), cut where \(Wording.count(chunks.count, "chunk")) of the source begin", bytes: sizes)
    }

    // MARK: Ranges

    /// Each worker fills chunks of its own.
    private func chunkRanges(
        _ relation: Catalog.Relation, _ hypertable: Plan.Hypertable, _ candidates: [RangeKey],
        _ count: Int,
    ) -> Draft? {
        guard let name = hypertable.timeColumn?.value, let key = candidates.first(where: { $0.column.name == name }),
            follows(relation, key, atLeast: 0.5),
            let alignment = ChunkAlignment(hypertable.chunkInterval?.value, of: key)
        else { return nil }
        let borders = alignment.aligned(key.borders(count: count), smallest: key.smallest)
        let column = QualifiedName.quotedIfNeeded(name)
        guard !borders.isEmpty else {
            guard key.smallest != nil else { return nil }
            return Draft(way: .whole, rows: [.all], why: "all of \(column) lies in one chunk")
        }
        return draft(key, borders, why: "by \(column), cut where chunks begin (index \(key.index))")
    }

    private func ranges(_ relation: Catalog.Relation, _ candidates: [RangeKey], _ count: Int) -> Draft? {
        // Without block pieces, a range that the heap does not follow is still better than nothing.
        let least = source.versionNumber >= 140_000 ? 0.9 : 0
        for key in candidates where follows(relation, key, atLeast: least) {
            let borders = key.borders(count: count)
            guard !borders.isEmpty else { continue }
            let column = QualifiedName.quotedIfNeeded(key.column.name)
            return draft(key, borders, why: "by \(column) (index \(key.index))")
        }
        return nil
    }

    private func draft(_ key: RangeKey, _ borders: [String], why: String) -> Draft {
        let bounds: [String?] = [nil] + borders + [nil]
        var rows = zip(bounds, bounds.dropFirst()).map { lower, upper in
            Piece.Rows.range(column: key.column.name, type: key.sqlType, lower: lower, upper: upper)
        }
        guard !key.column.isNotNull else { return Draft(way: .ranges, rows: rows, why: why) }
        rows.append(.null(column: key.column.name))
        let fraction = key.column.statistics?.nullFraction ?? 0
        return Draft(way: .ranges, rows: rows, why: why + ", and one piece for NULL", nullFraction: fraction)
    }

    /// Whether reading a range through the index reads the heap about once: the heap is in its order, or all in memory.
    private func follows(_ relation: Catalog.Relation, _ key: RangeKey, atLeast least: Double) -> Bool {
        if let correlation = key.correlation, correlation >= least { return true }
        if least == 0 { return true }
        return source.bytes("shared_buffers").map { relation.heapBytes <= $0 / 4 } ?? false
    }

    // MARK: Blocks

    private func blocks(_ relation: Catalog.Relation, _ candidates: [RangeKey], _ count: Int) -> Draft {
        let reason = whyNotRanges(candidates)
        guard source.versionNumber >= 140_000 else {
            let size = Measure.bytes(relation.tableBytes)
            let warning = Diagnostic(
                .warning, PlanningCode.notSplit, "\(relation.name) (\(size)) is copied in one piece",
                detail: "PostgreSQL before 14 reads the whole table for each range of blocks, and \(reason).",
                object: relation.name.description,
            )
            return Draft(way: .whole, rows: [.all], why: "cannot be split: \(reason)", diagnostics: [warning])
        }
        let blockSize = source.bytes("block_size") ?? 8192
        let total = relation.heapBytes / max(blockSize, 1)
        let step = max((total + Int64(count) - 1) / Int64(count), 1)
        let begins = Array(stride(from: 0, to: max(total, 1), by: Int64.Stride(step)))
        guard begins.count > 1 else {
            return Draft(way: .whole, rows: [.all], why: "its heap is a single block range")
        }
        let rows = begins.enumerated().map { position, first in
            Piece.Rows.blocks(first: first, end: position + 1 < begins.count ? begins[position + 1] : nil)
        }
        return Draft(way: .blocks, rows: rows, why: "by block: \(reason)")
    }

    private func whyNotRanges(_ candidates: [RangeKey]) -> String {
        guard let first = candidates.first else {
            let what = mode == .live ? "a column of its replica identity" : "a column"
            return "no index leads with \(what) that rows can be cut by"
        }
        func quoted(_ key: RangeKey) -> String { QualifiedName.quotedIfNeeded(key.column.name) }
        if let key = candidates.first(where: { $0.correlation ?? 0 >= 0.9 }) {
            return "statistics give no borders for \(quoted(key))"
        }
        let known = candidates.filter { $0.correlation != nil }.map(quoted)
        return known.isEmpty
            ? "\(quoted(first)) was never analysed"
            : "its rows do not lie in the order of \(known.joined(separator: " or "))"
    }

    // MARK: Format

    private func format(
        _ relation: Catalog.Relation, _ why: String, _ diagnostics: inout [Diagnostic],
    ) -> (Bool, String) {
        if plan.format.value == .text { return (false, why) }
        guard let obstacle = portability.obstacle(in: relation.columns.filter({ $0.generated == nil })) else {
            return (true, why)
        }
        if plan.format.value == .binary {
            diagnostics.append(
                Diagnostic(
                    .error, PlanningCode.noBinaryForm, "\(relation.name) cannot be copied in binary form",
                    detail: "Its \(obstacle).", cure: "Use `format: auto`, which takes text for such tables.",
                    object: relation.name.description, at: plan.format.location,
                ))
        }
        return (false, "\(why); text, as \(obstacle)")
    }
}

extension Piece.Rows {
    var isNull: Bool { if case .null = self { true } else { false } }
}
