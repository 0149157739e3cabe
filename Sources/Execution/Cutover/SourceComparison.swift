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
            let isEqual: Bool
            if let family {
                let sums = try family.checksums(isParent: isParent, source: source, target: target)
                isEqual = sums.there == sums.here
            } else {
                let compared = try ComparedTable.read(table, on: source)
                let there = try TableChecksum.compute(compared, where: nil, includingChildren: false, on: source)
                isEqual =
                    try TableChecksum.compute(compared, where: nil, includingChildren: isParent, on: target) == there
            }
            if !isEqual { differing.insert(table) }
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
        "run `skein cutover --abort`, then: " + Set(differences.map(\.cure)).sorted().joined(separator: "; ")
    }
    package var mayPass: Bool { false }
}
