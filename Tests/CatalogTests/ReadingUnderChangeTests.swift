import Catalog
import PlanFile
import Postgres
import TestServers
import Testing

@Suite("Reading while the schema changes", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(5)))
struct ReadingUnderChangeTests {
    /// What a busy application's migrations do, as fast as they can.
    private static let changes = """
        create table public.passing (id serial primary key, at date check (at > '2000-01-01'), kind integer);
        create index on public.passing (kind) where id > 0;
        create function public.passing_f() returns trigger language plpgsql as 'begin return null; end';
        create trigger t after insert on public.passing for each row execute function public.passing_f();
        create type public.passing_type as enum ('a');
        create view public.passing_view as select * from public.passing;
        create statistics public.passing_statistics on id, kind from public.passing;
        """
    private static let undoing = """
        drop table public.passing cascade;
        drop function public.passing_f();
        drop type public.passing_type;
        """

    @Test(arguments: Server.all)
    func `objects that vanish meanwhile are no error`(_ server: Server) async throws {
        let database = try server.target
        try await TestServers.withScratchDatabase(
            on: database, prefix: "catalog", sql: Fixtures.objects
        ) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let changer = Session(database, applicationName: "changer")
                group.addTask {
                    while !Task.isCancelled {
                        try await changer.run { try $0.execute(Self.changes) }
                        try await changer.run { try $0.execute(Self.undoing) }
                    }
                }
                for _ in 0..<40 {
                    let catalog = try await database.readCatalog()
                    let index = CatalogIndex(catalog)
                    // Where it changes so fast, an index may be left out at last; columns come from the snapshot itself.
                    if let table = catalog.relations.first(where: { $0.name.name == "passing" }) {
                        #expect(table.columns.count == 3 && index.indexes(of: table.oid).count <= 2)
                    }
                }
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch is CancellationError {
                } catch let error as PostgresError where error.sqlState == "57014" {}
                await changer.close()
            }
        }
    }
}
