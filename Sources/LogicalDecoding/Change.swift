/// One message of a change stream, in the words all plugins share. Holds no bytes: names, rows and contents are read
/// through the `ChangeDecoder` that made it, until that reads the next message. What a plugin does not tell is nil.
package enum Change: Sendable, BitwiseCopyable {
    case begin(Begin)
    case commit(Commit)
    /// pgoutput describes a relation before its first change and when it has changed; see `RelationCache`.
    case relation(id: UInt32, RelationUpdate)
    /// pgoutput names a type that is not built in; see `RelationCache.type`.
    case type(id: UInt32)
    case insert(relation: UInt32, new: Row)
    /// pgoutput and test_decoding send the old row only where the key changed or the identity is full; wal2json always
    /// does, taken from the new row where the key is the same.
    case update(relation: UInt32, old: OldRow?, new: Row)
    /// The old row is nil for a table without identity (test_decoding).
    case delete(relation: UInt32, old: OldRow?)
    case truncate(Truncation)
    case message(LogicalMessage)
    /// The transaction came to the source by replication.
    case origin(Origin)
}

/// A transaction begins; all its changes follow, up to its commit.
package struct Begin: Hashable, Sendable, BitwiseCopyable {
    /// The top-level transaction's id, 32 bits of it.
    package var xid: UInt32?
    /// Where its commit record is. Not test_decoding.
    package var finalLSN: LSN?
    /// Not test_decoding.
    package var commitTime: Timestamp?

    package init(xid: UInt32?, finalLSN: LSN?, commitTime: Timestamp?) {
        self.xid = xid
        self.finalLSN = finalLSN
        self.commitTime = commitTime
    }
}

package struct Commit: Hashable, Sendable, BitwiseCopyable {
    /// Not pgoutput, which gives it in the begin.
    package var xid: UInt32?
    /// Where the commit record is. Not test_decoding.
    package var commitLSN: LSN?
    /// Behind the commit record: what is confirmed once the transaction is safe. Not test_decoding.
    package var endLSN: LSN?
    package var commitTime: Timestamp?

    package init(xid: UInt32?, commitLSN: LSN?, endLSN: LSN?, commitTime: Timestamp?) {
        self.xid = xid
        self.commitLSN = commitLSN
        self.endLSN = endLSN
        self.commitTime = commitTime
    }
}

/// All rows of some relations are gone. wal2json sends one for each relation and does not tell the options.
package struct Truncation: Sendable, BitwiseCopyable {
    package var cascade: Bool?
    package var restartIdentity: Bool?
    /// How many relations; `ChangeDecoder.relation(_:of:)` tells which.
    package var count: Int
}

/// What `pg_logical_emit_message` wrote.
package struct LogicalMessage: Sendable, BitwiseCopyable {
    /// Part of a transaction; otherwise sent at once, between or inside the transactions of others.
    package var isTransactional: Bool
    /// Not test_decoding. pgoutput and wal2json give the end of the message's record.
    package var lsn: LSN?
    package var prefix: Slice
    /// wal2json cuts the content off at a zero byte.
    package var content: Slice
}

package struct Origin: Sendable, BitwiseCopyable {
    /// The commit's position on the origin.
    package var lsn: LSN
    package var name: Slice
}
