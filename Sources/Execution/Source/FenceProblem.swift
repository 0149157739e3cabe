private import PlanFile
package import Postgres

/// What would pass the fence (EXACTNESS.md, 24).
package enum FenceProblem: Sendable, Equatable, Codable {
    /// `commit prepared` writes, whatever the session's setting.
    case preparedTransaction(gid: String, owner: String, seconds: Double)
    /// A role's own `default_transaction_read_only = off` beats the database's.
    case roleSetting(role: String, database: String?)
    /// An inbound subscription's apply worker writes.
    case subscription(String)

    package var message: String {
        switch self {
        case .preparedTransaction(let gid, let owner, let seconds):
            "prepared transaction '\(gid)' of \(owner), \(Int(seconds)) s old, is neither committed nor rolled back"
        case .roleSetting(let role, let database):
            "role \(role) has its own default_transaction_read_only = off"
                + (database.map { " in database \($0)" } ?? "")
        case .subscription(let name): "subscription \(name) writes into the source's database"
        }
    }

    package var cure: String {
        switch self {
        case .preparedTransaction(let gid, _, _):
            "commit prepared or rollback prepared '\(QualifiedName.doubling("'", in: gid))'"
        case .roleSetting(let role, let database):
            "alter role \(QualifiedName.quotedIfNeeded(role))"
                + (database.map { " in database \(QualifiedName.quotedIfNeeded($0))" } ?? "")
                + " reset default_transaction_read_only"
        case .subscription(let name): "alter subscription \(QualifiedName.quotedIfNeeded(name)) disable"
        }
    }

    /// All at once, before anything is changed.
    /// - Parameter isReadOnly: the fence is `read-only`; else nothing but prepared transactions matters.
    package static func find(_ source: Connection, isReadOnly: Bool) throws -> [FenceProblem] {
        let prepared = try source.query(selectPrepared)
        var found = prepared.indices.map { row in
            FenceProblem.preparedTransaction(
                gid: prepared.text(row, 0), owner: prepared.text(row, 1), seconds: prepared.double(row, 2) ?? 0)
        }
        guard isReadOnly else { return found }
        let roles = try source.query(selectRoleSettings)
        for row in roles.indices where Self.meansOff(roles.text(row, 2)) {
            found.append(.roleSetting(role: roles.text(row, 0), database: roles[row, 1]))
        }
        let subscriptions = try source.query(selectSubscriptions)
        found += subscriptions.indices.map { .subscription(subscriptions.text($0, 0)) }
        return found
    }

    /// Any spelling of a boolean, or the beginning of one, in any case (bool.c, parse_bool_with_len).
    private static func meansOff(_ value: String) -> Bool {
        ["false", "no", "off"].contains { $0.hasPrefix(value) && value != "o" && !value.isEmpty } || value == "0"
    }

    private static let selectPrepared = """
        select gid, owner, extract(epoch from clock_timestamp() - prepared)
        from pg_catalog.pg_prepared_xacts where database = current_database() order by prepared
        """

    /// A role's setting in this database beats its setting everywhere. Values are kept as written.
    private static let selectRoleSettings = """
        select distinct on (r.rolname) r.rolname, d.datname, lower(split_part(v.setting, '=', 2)) as value
        from pg_catalog.pg_db_role_setting s
        cross join lateral unnest(s.setconfig) v (setting)
        join pg_catalog.pg_roles r on r.oid = s.setrole
        left join pg_catalog.pg_database d on d.oid = s.setdatabase
        where (s.setdatabase = 0 or d.datname = current_database())
            and v.setting like 'default\\_transaction\\_read\\_only=%' and r.rolcanlogin
        order by r.rolname, (s.setdatabase <> 0) desc
        """

    private static let selectSubscriptions = """
        select subname from pg_catalog.pg_subscription
        where subenabled and subdbid = (select oid from pg_catalog.pg_database where datname = current_database())
        order by 1
        """
}
