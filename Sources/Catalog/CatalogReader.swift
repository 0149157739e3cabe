internal import PlanFile
package import Postgres

/// Reads a server's system catalogs into a `Catalog`.
package enum CatalogReader {
    package struct Options: Sendable {
        /// Tables whose heap is larger get histograms, or smallest and greatest values, of the columns that lead their
        /// btree indexes. Bytes.
        package var histogramThreshold: Int64
        /// Whether column statistics are read at all; of no use on a target.
        package var readsStatistics: Bool
        /// How long a statement waits for a relation that another session has locked. Seconds.
        package var lockTimeoutSeconds: Int
        /// From what age on a transaction is long. Seconds.
        package var longTransactionSeconds: Int

        package init(
            histogramThreshold: Int64 = 64 << 20, readsStatistics: Bool = true, lockTimeoutSeconds: Int = 30,
            longTransactionSeconds: Int = 300,
        ) {
            self.histogramThreshold = histogramThreshold
            self.readsStatistics = readsStatistics
            self.lockTimeoutSeconds = lockTimeoutSeconds
            self.longTransactionSeconds = longTransactionSeconds
        }
    }

    /// Reads everything in one transaction, `repeatable read, read only`; then, outside of it so that no lock stays,
    /// the smallest and greatest values of large columns that were never analysed.
    ///
    /// Rights that the connected role lacks leave gaps (`systemIdentifier`, statistics …) and are no error. Changes
    /// nothing; takes no lock above ACCESS SHARE.
    /// - Parameter connection: outside a transaction; its pinned settings are needed as they are.
    /// - Throws: `BlockedReading` where other sessions hold relations locked for too long; `PostgresError`.
    package static func read(_ connection: Connection, _ options: Options = Options()) throws -> Catalog {
        let link = try Link.measure(connection)
        var attempt = 1
        while true {
            do {
                var (catalog, ranges) = try readOnce(connection, options, link, isStrict: attempt <= 3)
                for range in ranges { try range.read(connection, into: &catalog) }
                return catalog
            } catch is VanishedObject {
                attempt += 1
            } catch let error as PostgresError where vanished(error) && attempt < 30 {
                attempt += 1
            } catch let error as PostgresError where error.sqlState == "55P03" {
                let locks = try BlockedReading.locks(connection)
                guard !locks.isEmpty else { throw error }
                throw BlockedReading(locks: locks, waitedSeconds: options.lockTimeoutSeconds)
            }
        }
    }

    /// Roles, owners and privileges alone, as they are now.
    /// - Parameter connection: outside a transaction.
    package static func readAccess(_ connection: Connection) throws -> Catalog.Access {
        var attempt = 1
        while true {
            do {
                return try connection.transaction("begin isolation level repeatable read, read only") {
                    try connection.query(localSettings, ["30s"])
                    let reading = try CatalogReading(connection, isStrict: attempt <= 3)
                    return try reading.access(reading.objects())
                }
            } catch is VanishedObject {
                attempt += 1
            } catch let error as PostgresError where vanished(error) && attempt < 30 {
                attempt += 1
            }
        }
    }

    /// Functions such as `pg_identify_object` see the catalogs as they are now, not as our snapshot shows them: an
    /// object dropped since then is a NULL (`VanishedObject`), a "cache lookup failed" (XX000) or an undefined object.
    /// A new snapshot does not have it. Where objects come and go all the time, those that went are left out at last.
    private static func vanished(_ error: PostgresError) -> Bool {
        ["XX000", "42P01", "42704", "42883", "3F000"].contains(error.sqlState ?? "")
    }

    private static func readOnce(
        _ connection: Connection, _ options: Options, _ link: Link, isStrict: Bool,
    ) throws -> (Catalog, [ColumnRange]) {
        try connection.transaction("begin isolation level repeatable read, read only") {
            try connection.query(localSettings, ["\(options.lockTimeoutSeconds)s"])
            let reading = try CatalogReading(connection, isStrict: isStrict)
            let catalog = try reading.catalog(options, link)
            return (catalog, options.readsStatistics ? ColumnRange.missing(in: catalog, options) : [])
        }
    }

    /// Just-in-time compilation takes longer than any of these queries (older versions have no such setting). Catalogs
    /// that were never analysed mislead the planner into nested loops, whose time grows with the square of the schema.
    /// One backend is enough: the source has other work.
    private static let localSettings = """
        select pg_catalog.set_config(s.name, v.value, true)
        from (values ('jit', 'off'), ('enable_nestloop', 'off'), ('max_parallel_workers_per_gather', '0'),
            ('work_mem', '32MB'), ('lock_timeout', $1)) as v (name, value)
        join pg_catalog.pg_settings s on s.name = v.name
        """
}
