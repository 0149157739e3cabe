package import ChangeStream

/// What a snapshot must fulfil before rows are copied under it.
package enum Admission: Sendable, Equatable {
    /// It shows all that the slot's snapshot shows. A transaction that waits for synchronous replication may be in the
    /// slot's past and yet hidden here: neither copied nor streamed (EXACTNESS.md, 2).
    case covering(Watermark)
    /// Everything that ran when the other snapshot was taken has ended: what the applier consumed before that is visible
    /// (EXACTNESS.md, 15).
    case afterAll(of: Watermark)

    package func admits(_ snapshot: Watermark) -> Bool {
        switch self {
        case .covering(let slot): snapshot.covers(slot)
        case .afterAll(let before): snapshot.hasEnded(allOf: before)
        }
    }

    /// The same where some transactions have nothing to do with our database: no stream of ours has them.
    package func admits(_ snapshot: Watermark, but elsewhere: Set<UInt64>) -> Bool {
        var rest = snapshot
        rest.running.removeAll(where: elsewhere.contains)
        return admits(rest)
    }

    /// The transactions that have to end first; empty where the snapshot itself is too old.
    package func obstacles(in snapshot: Watermark) -> [UInt64] {
        switch self {
        case .covering(let slot): snapshot.running.filter { slot.sees(full: $0) }
        case .afterAll(let before): snapshot.running.filter { $0 < before.xmax }
        }
    }
}
