/// What names a row in the change stream (`pg_class.relreplident`).
package enum ReplicaIdentity: UInt8, Sendable, Hashable {
    case primaryKey = 0x64  // d
    case nothing = 0x6E  // n
    case full = 0x66  // f
    case index = 0x69  // i
}

package struct RelationColumn: Hashable, Sendable {
    package var name: String
    /// Nil where the plugin does not tell: test_decoding, wal2json without `include-type-oids`.
    package var typeOID: UInt32?
    /// pgoutput; -1 is none.
    package var typeModifier: Int32
    /// Part of the replica identity (with identity full, every column is); pgoutput only.
    package var isKey: Bool
    /// SQL's name of the type (`format_type`), where that is what the plugin sends.
    package var typeName: String?

    package init(
        name: String, typeOID: UInt32? = nil, typeModifier: Int32 = -1, isKey: Bool = false, typeName: String? = nil,
    ) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
        self.isKey = isKey
        self.typeName = typeName
    }
}

/// A table's shape as the change stream tells it.
package struct Relation: Hashable, Sendable {
    /// The relation's OID with pgoutput; else a number given by the cache, in the order of appearance.
    package var id: UInt32
    package var namespace: String
    package var name: String
    /// Nil where the plugin does not tell.
    package var replicaIdentity: ReplicaIdentity?
    /// Generated columns are missing with pgoutput unless PostgreSQL 18 is asked to publish them.
    package var columns: [RelationColumn]
    /// Whether all columns are known. wal2json and test_decoding describe no relation: one is learnt from its rows, and
    /// one that was only updated or deleted from shows some of its columns.
    package var isComplete: Bool
    /// Counts the shapes: what was derived from an older generation must be derived again.
    package var generation = 1

    package init(
        id: UInt32, namespace: String, name: String, replicaIdentity: ReplicaIdentity? = nil,
        columns: [RelationColumn] = [], isComplete: Bool = true,
    ) {
        self.id = id
        self.namespace = namespace
        self.name = name
        self.replicaIdentity = replicaIdentity
        self.columns = columns
        self.isComplete = isComplete
    }
}

/// What a description did to the cache.
package enum RelationUpdate: Sendable, Hashable, BitwiseCopyable {
    /// Not known before.
    case new
    /// As it was: pgoutput repeats descriptions after every invalidation and in every session.
    case same
    /// Its name, identity or columns have changed: there was DDL in between.
    case changed
}
