package import LogicalDecoding
private import Planning
package import Postgres

/// Waiting until the source's WAL is on its disk.
package enum ServerFlush {
    /// At a page's border the insert position stands behind the next page's header (40 bytes at most), the flush
    /// position before it.
    private static let isFlushed = """
        select f >= $1::pg_lsn or $1::pg_lsn - f <= 40 and (f - '0/0') % current_setting('wal_block_size')::int = 0
        from pg_catalog.pg_current_wal_flush_lsn() f
        """

    /// Blocks until everything before `position` is flushed: a row whose asynchronous commit is lost in a crash of the
    /// source must not have been copied, since its transaction id is then used again (EXACTNESS.md, 4).
    /// - Parameter source: best outside a transaction: the WAL writer leaves a page that is not full alone unless an
    ///   asynchronous commit lies on it (`XLogBackgroundFlush`), and only outside one can we make such a commit. It
    ///   writes a commit record and no change, so nothing of it is in the change stream.
    package static func wait(_ source: Connection, for position: LSN) throws {
        var looks = 0
        while try source.scalar(isFlushed, [position.description]) != "t" {
            try Task.checkCancellation()
            looks += 1
            if looks % 50 == 3, !source.isInTransaction {
                try source.execute("select pg_catalog.txid_current()")
            }
            // The WAL writer flushes asynchronous commits within three rounds of wal_writer_delay (200 ms).
            try source.execute("select pg_catalog.pg_sleep(0.02)")
        }
    }
}
