private import PlanFile
internal import Planning
private import Postgres

/// The partitions of a table that was a hypertable, while it is empty.
enum PartitionsTask {
    static func create(_ partitions: RangePartitions, _ scope: TaskScope) throws -> TaskOutcome {
        try scope.inTransaction { target in
            let parent = partitions.table.sql
            for part in partitions.parts {
                try target.execute(
                    "create table \(part.name.sql) partition of \(parent) for values "
                        + "from (\(Piece.literal(part.lower))) to (\(Piece.literal(part.upper)))")
            }
            try target.execute("create table \(partitions.rest.sql) partition of \(parent) default")
            return TaskOutcome(rows: Int64(partitions.parts.count + 1))
        }
    }
}
