private import Faults
private import PlanFile
internal import Planning
internal import Postgres

/// Sets up what TimescaleDB does with hypertables from now on: the last task of a migration.
///
/// All in one transaction on the target. Killed before its commit: nothing is set, and no job exists; killed behind it:
/// it is done.
enum PolicyTask {
    static func run(_ policies: [HypertablePolicies], _ scope: TaskScope) throws -> TaskOutcome {
        let outcome = try scope.inTransaction { target in
            guard let (version, schema) = try timescale(target) else { throw PoliciesRefused(license: nil) }
            try requireLicense(target)
            for statement in policies.flatMap({
                PolicyDDL.statements($0, version: version, extensionSchema: schema)
            }) {
                try target.execute(statement)
            }
            FaultPoint.policiesSet.pass()
            return TaskOutcome()
        }
        FaultPoint.policiesCommitted.pass()
        return outcome
    }

    /// - Throws: `PoliciesRefused` where the target's TimescaleDB has no columnstore and no policies.
    static func requireLicense(_ target: Connection) throws {
        let license = try target.scalar("select pg_catalog.current_setting('timescaledb.license', true)")
        guard license == "timescale" else { throw PoliciesRefused(license: license) }
    }

    private static func timescale(_ target: Connection) throws -> (version: String, schema: String)? {
        let rows = try target.query(
            """
            select e.extversion, n.nspname from pg_catalog.pg_extension e
            join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb'
            """)
        return rows.count == 1 ? (rows.text(0, 0), rows.text(0, 1)) : nil
    }
}

/// The target's TimescaleDB offers neither columnstore nor retention.
package struct PoliciesRefused: ToldError, Equatable {
    /// `timescaledb.license`; nil where there is no TimescaleDB.
    package var license: String?
    package var object: String? { nil }
    package var summary: String {
        "the plan's columnstore and retention need TimescaleDB's community licence, and the target "
            + (license.map { "has `timescaledb.license = \($0)`" } ?? "has no TimescaleDB")
    }
    package var cure: String? {
        "use a community build of TimescaleDB there and set timescaledb.license to timescale, or take `columnstore` and "
            + "`retention` out of the plan and start over with --drop-if-exists"
    }
    package var mayPass: Bool { false }
}
