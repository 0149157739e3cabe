private import PlanFile
internal import Postgres

/// The state's tables of roles and rights. Made when the first of their tasks runs, so that the state of an earlier version
/// gets them, too.
struct AccessStore {
    private let target: Connection
    private let migration: Int64

    init(_ target: Connection, migration: Int64) {
        self.target = target
        self.migration = migration
    }

    private static let ddl = """
        -- Memberships that the connected role has granted itself until the migration is finished.
        create table if not exists skein.borrowed_role (
            migration bigint not null references skein.migration on delete cascade,
            role text not null,
            primary key (migration, role)
        );
        -- What is left to a person.
        create table if not exists skein.todo (
            migration bigint not null references skein.migration on delete cascade,
            task text not null,
            number integer not null,
            sql text not null,
            why text not null,
            primary key (migration, task, number)
        )
        """

    /// In the caller's transaction.
    func prepare() throws {
        try target.query(
            "select pg_catalog.pg_advisory_xact_lock($1, 0)", [String(StateSchema.coordinationLockClass)])
        if try target.scalar(Self.exists) == nil { try target.execute(Self.ddl) }
    }

    private static let exists = "select pg_catalog.to_regclass('skein.todo')"

    // MARK: Left to do

    /// Puts what a task leaves in the place of what it left before.
    func setTodo(_ task: String, _ items: [Todo]) throws {
        try target.query("delete from skein.todo where migration = $1 and task = $2", [String(migration), task])
        try target.query(
            """
            insert into skein.todo (migration, task, number, sql, why)
            select $1::bigint, $2, t.number, t.sql, t.why
            from unnest($3::text[], $4::text[]) with ordinality as t (sql, why, number)
            """,
            [
                String(migration), task, PostgresArray.literal(items.map(\.sql)),
                PostgresArray.literal(items.map(\.why)),
            ])
    }

    /// In the order in which it can be run: as the tasks come.
    func todo() throws -> [Todo] {
        guard try target.scalar(Self.exists) != nil else { return [] }
        let rows = try target.query(
            """
            select d.task, d.sql, d.why from skein.todo d
            left join skein.task t on t.migration = d.migration and t.id = d.task
            where d.migration = $1 order by t.number, d.number
            """, [String(migration)])
        return rows.indices.map { Todo(task: rows.text($0, 0), sql: rows.text($0, 1), why: rows.text($0, 2)) }
    }

    // MARK: Borrowed roles

    func addBorrowed(_ role: String) throws {
        try target.query(
            "insert into skein.borrowed_role values ($1, $2) on conflict do nothing", [String(migration), role])
    }

    /// Gives back the memberships that were granted for the migration. In the caller's transaction; harmless when done
    /// twice. What somebody has changed meanwhile is theirs.
    func takeBack() throws {
        guard try target.scalar(Self.exists) != nil else { return }
        let rows = try target.query(
            """
            delete from skein.borrowed_role b where b.migration = $1
            returning b.role, exists (select from pg_catalog.pg_roles r where r.rolname = b.role), current_user
            """, [String(migration)])
        for row in rows.indices where rows.bool(row, 1) {
            try RoleBorrower.giveBack(rows.text(row, 0), from: rows.text(row, 2), target)
        }
    }
}
