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

    /// A commit that flushes all WAL before it. It needs a WAL record of its own: a transaction with an id alone commits
    /// asynchronously. In the change stream it is a message that means nothing to anyone.
    private static let pulse = """
        begin; set local synchronous_commit = local;
        select pg_catalog.pg_logical_emit_message(true, '\(SourceNames.pulsePrefix)', '');
        commit
        """

    /// Looks so often, 20 ms apart, before it flushes by itself: where the application commits, it flushes.
    private static let looksBeforePulse = 3

    /// Blocks until everything before `position` is flushed: a row whose asynchronous commit is lost in a crash of the
    /// source must not have been copied, since its transaction id is then used again (EXACTNESS.md, 4).
    ///
    /// Nothing else may flush it for long: the WAL writer takes up to three rounds of `wal_writer_delay` for an
    /// asynchronous commit, and leaves a page that is not full alone where no such commit lies on it
    /// (`XLogBackgroundFlush`).
    /// - Parameter source: best outside a transaction, since only there can we flush by a commit of our own.
    package static func wait(_ source: Connection, for position: LSN) throws {
        var looks = 0
        while try source.scalar(isFlushed, [position.description]) != "t" {
            try Task.checkCancellation()
            looks += 1
            if looks % 50 == looksBeforePulse, !source.isInTransaction { try flush(source) }
            try source.execute("select pg_catalog.pg_sleep(0.02)")
        }
    }

    /// A server that does not let us (a standby, a right taken away) is waited for instead.
    private static func flush(_ source: Connection) throws {
        do {
            try source.execute(pulse)
        } catch {
            guard error.sqlState != nil, !error.endsSession else { throw error }
            if source.isInTransaction { try source.execute("rollback") }
        }
    }
}
