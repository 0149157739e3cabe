/// The exact snapshot that rows were read at, as `pg_current_snapshot()` tells it: which transactions they show.
package struct Watermark: Sendable, Hashable {
    /// Everything below has ended: its effects are visible, or it was rolled back.
    package var xmin: UInt64
    /// The first id that was not given out yet.
    package var xmax: UInt64
    /// Ids between that were running, ascending.
    package var running: [UInt64]

    package init(xmin: UInt64, xmax: UInt64, running: [UInt64]) {
        self.xmin = xmin
        self.xmax = xmax
        self.running = running.sorted()
    }

    /// Reads `xmin:xmax:xip,…` (`pg_snapshot_out`). Nil for anything else.
    ///
    /// A snapshot that a slot exports may have its xmin beyond its xmax: the slot raises xmax with commits alone, xmin
    /// with whatever ended. The server asks xmin first (`XidInMVCCSnapshot`), so the two mean xmin then.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let xmin = UInt64(parts[0]), let xmax = UInt64(parts[1]) else {
            return nil
        }
        let running = parts[2].split(separator: ",").map { UInt64($0) }
        guard !running.contains(nil) else { return nil }
        self.init(xmin: xmin, xmax: max(xmin, xmax), running: running.compactMap(\.self))
    }

    /// The 64-bit id behind the 32 bits that the stream carries: the nearest to this watermark's xmax
    /// (EXACTNESS.md, 6). Right as long as the two are within 2³¹ of each other, which the server's own wrap-around
    /// protection ensures while the slot holds its catalogs' horizon.
    package func widened(_ xid: UInt32) -> UInt64 {
        let distance = Int32(bitPattern: xid &- UInt32(truncatingIfNeeded: xmax))
        return UInt64(bitPattern: Int64(bitPattern: xmax) &+ Int64(distance))
    }

    /// Whether the rows show what the transaction did, should it have committed. `xid` is the top-level one.
    package func sees(_ xid: UInt32) -> Bool { sees(full: widened(xid)) }

    /// The same of a 64-bit id.
    package func sees(full xid: UInt64) -> Bool {
        if xid < xmin { return true }
        if xid >= xmax { return false }
        return !isRunning(xid)
    }

    private func isRunning(_ xid: UInt64) -> Bool {
        var (low, high) = (0, running.count)
        while low < high {
            let middle = (low + high) / 2
            if running[middle] < xid { low = middle + 1 } else { high = middle }
        }
        return low < running.count && running[low] == xid
    }

    /// Whether everything that `other` shows is shown here too (EXACTNESS.md, 2).
    package func covers(_ other: Watermark) -> Bool {
        xmax >= other.xmax && running.allSatisfy { !other.sees(full: $0) }
    }

    /// Whether every transaction that was running in `other`, and every one that it calls ended, has ended here: what a
    /// snapshot must fulfil to be used behind changes that were consumed before `other` was taken (EXACTNESS.md, 7, 15).
    ///
    /// A decoded transaction may still be hidden from snapshots; then it is among those that `other` calls running, if
    /// an id that was given out later had ended when `other` was taken (else it may lie beyond its xmax).
    package func hasEnded(allOf other: Watermark) -> Bool {
        xmax >= other.xmax && running.allSatisfy { $0 >= other.xmax }
    }
}

extension Watermark: CustomStringConvertible {
    /// As the server writes it.
    package var description: String { "\(xmin):\(xmax):\(running.map(String.init).joined(separator: ","))" }
}
