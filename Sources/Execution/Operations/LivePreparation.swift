internal import PlanFile
private import Planning
private import Postgres

/// What comes before the run of a live migration that has begun: wishes from the command line.
struct LivePreparation {
    private let context: RunContext

    init(_ context: RunContext) { self.context = context }

    func run(resync: [QualifiedName], repair: Bool, tell: @escaping @Sendable (RunEvent) -> Void) async throws {
        let (migration, broken) = (context.migration, try await brokenReason())
        if let broken, !repair { throw StreamIsBroken(reason: broken) }
        guard !resync.isEmpty else { return }
        try await onTarget { target in
            for table in resync {
                try target.query(
                    """
                    insert into skein.resync (migration, table_schema, table_name) values ($1, $2, $3)
                    on conflict do nothing
                    """, [String(migration), table.schema, table.name])
            }
        }
    }

    private func brokenReason() async throws -> String? {
        let migration = context.migration
        return try await onTarget { target in
            try target.scalar("select broken from skein.stream where migration = $1", [String(migration)])
        }
    }

    private func onTarget<R: Sendable>(_ body: @Sendable (Connection) throws -> R) async throws -> R {
        try await ServerAccess(context.plan, .target, purpose: "control").run(body)
    }
}

/// The slot or the spool is lost: changes are missing, and only a repair goes on from here.
package struct StreamIsBroken: Error, Sendable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}
