// Entries that no file wrote: what a TimescaleDB source's hypertables come to.

extension Plan.Hypertable {
    /// An entry that says how a table is divided, and nothing else.
    package init(
        of table: QualifiedName, timeColumn: String, chunkInterval: Plan.ChunkInterval?, space: Plan.Space?,
    ) {
        self.init(
            location: nil, table: Located(table), timeColumn: Located(timeColumn),
            chunkInterval: chunkInterval.map { Located($0) }, space: space, primaryKey: nil, columnstore: nil,
            retention: nil, fromPartitions: Located(false), to: nil)
    }
}

extension Plan.Space {
    /// Partitions by a hash of the column.
    package init(of column: String, into partitions: Int) {
        self.init(column: Located(column), partitions: Located(partitions))
    }
}
