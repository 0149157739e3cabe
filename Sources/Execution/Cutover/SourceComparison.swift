internal import PlanFile
private import Planning
internal import Postgres

/// Comparing whole tables by checksum at the end of a cutover.
enum SourceComparison {
    /// - Returns: those of the tables that the target has not, or with other columns or rows.
    static func differing(
        _ tables: Set<QualifiedName>, _ context: RunContext, _ source: Connection, _ target: Connection,
    ) throws -> Set<QualifiedName> {
        var differing: Set<QualifiedName> = []
        for table in tables.sorted() {
            let family = context.families.contains(table) ? context.family(table) : nil
            let here = family?.targetTable ?? table
            guard try target.scalar("select pg_catalog.to_regclass($1)", [here.sql]) != nil,
                try columns(table, source) == columns(here, target)
            else {
                differing.insert(table)
                continue
            }
            let isParent = context.decisions.parents.contains(here)
            let sums: (there: TableChecksum, here: TableChecksum)
            if let piece = family ?? context.wholes(of: [table]).map(\.compared).first(where: \.isChunked) {
                sums = try piece.checksums(isParent: isParent, source: source, target: target)
            } else {
                let compared = try ComparedTable.read(table, on: source)
                sums = try TableChecksum.computeBoth(
                    source: TableChecksum.Rows(table: compared, condition: nil, includesChildren: false),
                    target: TableChecksum.Rows(table: compared, condition: nil, includesChildren: isParent),
                    source, target)
            }
            if sums.there != sums.here { differing.insert(table) }
        }
        return differing
    }

    private static func columns(_ table: QualifiedName, _ server: Connection) throws -> [TableShape.Column] {
        try TableShape.read(table, on: server).columns.sorted { $0.name < $1.name }
    }
}

/// The source's tables were changed in a way that the stream does not tell of, and the target is not what it should be.
package struct CutoverOutdated: ToldError, Equatable {
    package var differences: [SourceDifference]

    package var object: String? { differences.first?.table.description }
    package var summary: String {
        let more = differences.count > 10 ? " and \(differences.count - 10) more" : ""
        return "the source was changed since the migration began, and the target does not have it: "
            + differences.prefix(10).map(\.description).joined(separator: "; ") + more
    }
    package var cure: String? {
        if differences.allSatisfy({ $0.kind == .attached }) {
            let names = differences.prefix(10).map(\.table.description).joined(separator: ", ")
            return "while the application stands still, make on the target what is missing and copy the rows of "
                + "\(names) there (psql's \\copy), then run `skein cutover` again; or withdraw it with --abort"
        }
        return "run `skein cutover --abort`, then: " + Set(differences.map(\.cure)).sorted().joined(separator: "; ")
    }
    package var mayPass: Bool { false }
}
