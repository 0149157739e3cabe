internal import PlanFile
internal import Planning

/// Which hypertable a relation of the stream belongs to, where a TimescaleDB source is followed: rows are inserted,
/// updated and deleted on chunks.
///
/// TimescaleDB numbers chunks and never uses a number again, so a chunk's name tells its hypertable also when the chunk
/// is made later, or is gone from the source by the time its rows are applied. Only names that users gave are looked up.
final class ChunkFinder {
    private let followed: [(table: QualifiedName, chunks: FollowingDecision.FollowedChunks)]
    private var known: [QualifiedName: QualifiedName] = [:]
    private var unknown: Set<QualifiedName> = []
    private let hypertable: (QualifiedName) throws -> QualifiedName?

    /// - Parameter hypertable: asks the source whose chunk a relation is.
    init(_ tables: [FollowedTable], hypertable: @escaping (QualifiedName) throws -> QualifiedName?) {
        followed = tables.compactMap { table in table.chunks.map { (table.name, $0) } }
        for (table, chunks) in followed {
            for name in chunks.others { known[name] = table }
        }
        self.hypertable = hypertable
    }

    /// Whether a followed table is a hypertable of the source.
    var isNeeded: Bool { !followed.isEmpty }

    /// The followed hypertable that a relation is a chunk of, nil where it is none's.
    func table(of relation: QualifiedName) throws -> QualifiedName? {
        if let table = known[relation] { return table }
        if unknown.contains(relation) { return nil }
        if let own = followed.first(where: { $0.chunks.isNamedAsOwn(relation) }) {
            known[relation] = own.table
            return own.table
        }
        if mayBeChunk(relation), let table = try hypertable(relation),
            followed.contains(where: { $0.table == table })
        {
            known[relation] = table
            return table
        }
        unknown.insert(relation)
        return nil
    }

    /// TimescaleDB's own tables, and what it keeps compressed rows in: nothing of it is the user's to follow.
    static func isInternal(_ relation: QualifiedName) -> Bool { relation.schema.hasPrefix("_timescaledb_") }

    /// What is TimescaleDB's own need not be asked for, nor another hypertable's chunk that has its number in its name.
    private func mayBeChunk(_ relation: QualifiedName) -> Bool {
        guard Self.isInternal(relation) else { return true }
        guard relation.schema == "_timescaledb_internal", !relation.name.hasPrefix("compress_hyper_"),
            !relation.name.hasPrefix("bgw_")
        else { return false }
        return followed.contains { $0.chunks.prefix == nil }
            || !(relation.name.hasPrefix("_hyper_") && relation.name.hasSuffix("_chunk"))
    }

    /// What TimescaleDB does of its own within a transaction, as its logical messages tell
    /// (`tsl/src/compression/wal_utils.h`). One kind may begin and end within the other: a chunk that is compressed anew
    /// is decompressed before.
    struct Bookkeeping {
        private var isCompressing = false
        private var isDecompressing = false
        var isUnderWay: Bool { isCompressing || isDecompressing }

        /// - Parameter prefix: of a logical message.
        mutating func note(_ prefix: String) {
            switch prefix {
            case "::timescaledb-compression-start": isCompressing = true
            case "::timescaledb-compression-end": isCompressing = false
            case "::timescaledb-decompression-start": isDecompressing = true
            case "::timescaledb-decompression-end": isDecompressing = false
            default: break
            }
        }
    }
}
