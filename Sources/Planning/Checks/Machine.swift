/// What the checks need to know about where Skein runs and what an earlier run left: facts that are in no catalog.
package struct Machine: Sendable, Codable, Equatable {
    /// A pg_dump that was found and answered `--version`.
    package struct DumpTool: Sendable, Codable, Equatable {
        package var path: String
        /// As it prints it: `15.20`.
        package var version: String
        package var major: Int

        package init(path: String, version: String, major: Int) {
            self.path = path
            self.version = version
            self.major = major
        }
    }

    /// Every pg_dump on PATH and in the usual Debian places.
    package var dumpTools: [DumpTool]
    /// The one a migration would run: the one of the source's version, else the oldest that is newer.
    package var dumpTool: DumpTool?
    /// Free bytes where the spool will be; nil where its folder's file system could not be asked.
    package var freeSpoolBytes: Int64?
    /// The target's schema `skein` holds a state of this very migration, so that `migrate` would go on with it.
    package var hasOwnState: Bool
    /// Names of other migrations that have a state on the target.
    package var otherMigrations: [String]
    /// Seconds since 1970; nil: nothing that depends on the time of day is estimated.
    package var now: Double?

    package init(
        dumpTools: [DumpTool] = [], dumpTool: DumpTool? = nil, freeSpoolBytes: Int64? = nil, hasOwnState: Bool = false,
        otherMigrations: [String] = [], now: Double? = nil,
    ) {
        self.now = now
        self.dumpTools = dumpTools
        self.dumpTool = dumpTool
        self.freeSpoolBytes = freeSpoolBytes
        self.hasOwnState = hasOwnState
        self.otherMigrations = otherMigrations
    }
}
