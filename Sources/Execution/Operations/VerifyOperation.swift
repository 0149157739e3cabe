package import PlanFile
private import Planning
private import Catalog
private import Postgres

/// `skein verify`: compares source and target as they are now, table by table, piece by piece, both sides at once.
package enum VerifyOperation {
    package struct Report: Sendable, Codable, Equatable {
        package struct Table: Sendable, Codable, Equatable {
            package var table: String
            package var sourceRows: Int64
            package var targetRows: Int64
            package var isEqual: Bool
            package var differences: [RowDifference]
            /// Whether `differences` are all there are.
            package var isComplete: Bool
            /// Where it could not be compared: why.
            package var error: String?
        }
        package var tables: [Table]
        package var isEqual: Bool { tables.allSatisfy { $0.isEqual } }
    }

    /// What happens while it compares.
    package enum Event: Sendable {
        /// So much is to be compared: pieces, and their estimated bytes.
        case begun(pieces: Int, bytes: Int64)
        /// A piece, by the name of its table and its number.
        case started(id: String)
        case compared(id: String, PieceComparison, bytes: Int64)
        /// It could not be compared.
        case given(id: String, bytes: Int64)
    }

    /// - Parameters:
    ///   - patterns: only tables that match one of these; empty: all.
    ///   - jobs: pieces compared at once; nil: as the plan says or the servers allow.
    /// - Throws: `DiagnosticsError` where a server cannot be reached or a pattern matches nothing.
    package static func run(
        _ plan: Plan, tables patterns: [QualifiedNamePattern], countsOnly: Bool, jobs: Int?,
        tell: @escaping @Sendable (Event) -> Void,
    ) async throws -> Report {
        let inspection = try await Inspector.inspect(plan)
        let graph = inspection.compiled
        let pieces = graph.tasks.compactMap { task -> Piece? in
            guard case .verify(let piece) = task.action else { return nil }
            return patterns.isEmpty || patterns.contains { $0.matches(piece.table) } ? piece : nil
        }
        let unmatched = patterns.filter { pattern in !pieces.contains { pattern.matches($0.table) } }
        guard unmatched.isEmpty else {
            throw DiagnosticsError(
                unmatched.map { pattern in
                    Diagnostic(
                        .error, "SK908", "--tables \(pattern.text) matches no table that the plan copies",
                        cure: "Names are schema.table; globs such as public.tmp_* are allowed.")
                })
        }
        tell(.begun(pieces: pieces.count, bytes: pieces.reduce(0) { $0 + $1.estimatedBytes }))
        let parents = Set(inspection.target.hypertables.map(\.table)).union(
            inspection.target.relations.filter { $0.kind == .partitionedTable }.map(\.name))
        let results = try await compare(plan, pieces, parents, countsOnly, jobs ?? graph.jobs.tableJobs, tell)
        return Report(tables: merge(results))
    }

    private struct Result: Sendable {
        var piece: Piece
        var comparison: PieceComparison?
        var report: DifferenceReport?
        var error: String?
    }

    private static func compare(
        _ plan: Plan, _ pieces: [Piece], _ parents: Set<QualifiedName>, _ countsOnly: Bool, _ jobs: Int,
        _ tell: @escaping @Sendable (Event) -> Void,
    ) async throws -> [Result] {
        let (source, target) = (
            try ConnectionTarget(plan.source.uri.value), try ConnectionTarget(plan.target.uri.value)
        )
        let name = "skein/\(plan.name.value.text)/verify"
        return try await withThrowingTaskGroup(of: (Int, [Result]).self) { group in
            // Dealt out beforehand, biggest first, so that each job keeps its two sessions.
            let dealt = deal(pieces.sorted { $0.estimatedBytes > $1.estimatedBytes }, among: max(1, jobs))
            for (number, hand) in dealt.enumerated() {
                group.addTask {
                    let verifier = Verifier(
                        source: Session(source, applicationName: name), target: Session(target, applicationName: name),
                        snapshot: nil, countsOnly: countsOnly)
                    var results: [Result] = []
                    for piece in hand {
                        let id = piece.count > 1 ? "\(piece.table) \(piece.number)/\(piece.count)" : "\(piece.table)"
                        tell(.started(id: id))
                        let result = try await one(piece, parents, verifier)
                        results.append(result)
                        tell(
                            result.comparison.map { .compared(id: id, $0, bytes: piece.estimatedBytes) }
                                ?? .given(id: id, bytes: piece.estimatedBytes))
                    }
                    await verifier.close()
                    return (number, results)
                }
            }
            var all: [Result] = []
            for try await (_, results) in group { all += results }
            return all
        }
    }

    private static func one(_ piece: Piece, _ parents: Set<QualifiedName>, _ verifier: Verifier) async throws -> Result
    {
        let subject = Verifier.Subject(piece, targetHasChildren: parents.contains(piece.targetTable))
        do {
            let comparison = try await verifier.compare(subject)
            let report = comparison.isEqual || verifier.countsOnly ? nil : try await verifier.differences(subject)
            return Result(piece: piece, comparison: comparison, report: report)
        } catch PostgresError.server(let error) where ["42P01", "42703"].contains(error.sqlState) {
            return Result(piece: piece, error: error.message)
        }
    }

    private static func deal(_ pieces: [Piece], among jobs: Int) -> [[Piece]] {
        var (hands, loads) = (Array(repeating: [Piece](), count: jobs), Array(repeating: Int64(0), count: jobs))
        for piece in pieces {
            let lightest = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            hands[lightest].append(piece)
            loads[lightest] += max(piece.estimatedBytes, 8192)
        }
        return hands
    }

    private static func merge(_ results: [Result]) -> [Report.Table] {
        Dictionary(grouping: results, by: \.piece.table).sorted { $0.key < $1.key }.map { table, parts in
            let parts = parts.sorted { $0.piece.number < $1.piece.number }
            return Report.Table(
                table: table.description, sourceRows: parts.reduce(0) { $0 + ($1.comparison?.source.rows ?? 0) },
                targetRows: parts.reduce(0) { $0 + ($1.comparison?.target.rows ?? 0) },
                isEqual: parts.allSatisfy { $0.comparison?.isEqual == true },
                differences: parts.flatMap { $0.report?.rows ?? [] },
                isComplete: parts.allSatisfy { $0.report?.isComplete != false }, error: parts.compactMap(\.error).first)
        }
    }
}
