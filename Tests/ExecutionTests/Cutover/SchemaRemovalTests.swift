import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("Taking back what acts on rows", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(2)))
struct SchemaRemovalTests {
    private static let tables = """
        create table public.t (id int primary key, v text);
        create table public."odd ""name
        here" (id int);
        create table public.parted (id int) partition by range (id);
        create table public.part partition of public.parted for values from (0) to (10);
        create view public.v as select id from public.t;
        create function public.note() returns trigger language plpgsql as 'begin return new; end';
        create function public.noted() returns event_trigger language plpgsql as 'begin end';
        """
    private static let acting = """
        create trigger plain before insert on public.t for each row execute function public.note();
        create trigger always after insert on public.t for each row execute function public.note();
        alter table public.t enable always trigger always;
        comment on trigger always on public.t is 'fires for us, too';
        create trigger "odd %I name" after update on public."odd ""name
        here" for each row execute function public.note();
        create trigger cloned after insert on public.parted for each row execute function public.note();
        create rule nothing as on delete to public.t do instead nothing;
        create rule "into v" as on insert to public.v do instead insert into public.t (id) values (new.id);
        create policy mine on public.t using (id > 0); alter table public.t enable row level security;
        create event trigger cutover_test on ddl_command_end execute function public.noted();
        """

    /// Everything that acts on rows or on DDL, as the server tells it.
    private static let selectActing = """
        select pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text || coalesce(obj_description(t.oid, 'pg_trigger'), '')
        from pg_trigger t where not t.tgisinternal
        union all select pg_get_ruledef(r.oid) from pg_rewrite r where r.rulename <> '_RETURN' and r.oid >= 16384
        union all select polname from pg_policy
        union all select 'row security' from pg_class where relname = 't' and relrowsecurity
        union all select evtname from pg_event_trigger where evtname = 'cutover_test'
        order by 1
        """

    @Test func `Triggers, rules, policies and event triggers go, and come again`() async throws {
        let actions: [Action] = [.gate, .restoreTriggers, .restoreEventTriggers]
        try await CutoverFixture.with(sql: Self.tables, sourceSQL: Self.acting, actions: actions) { fixture in
            let (source, migration) = (fixture.source, fixture.migration)
            try await fixture.onTarget { target in
                let entries = try PgDump.run(
                    sourceVersion: 150_000, targetVersion: target.serverVersion, target: source, snapshot: nil,
                    excludedSchemas: [], applicationName: "skein/test/dump-schema")
                let staged = SchemaStaging.stage(entries, exclusions: Exclusions(), isLive: true)
                try target.transaction { try SchemaEntryStore(migration: migration).insert(staged, on: target) }
            }
            let expected = try await TestServers.column(Self.selectActing, on: fixture.source)
            #expect(expected.count == 10)
            try await fixture.begin()
            for _ in 1...2 {
                try await fixture.run(.restoreTriggers)
                try await fixture.run(.restoreEventTriggers)
                #expect(try await TestServers.column(Self.selectActing, on: fixture.target) == expected)
                for _ in 1...2 {
                    try await fixture.onTarget { target in
                        try target.transaction {
                            try SchemaRemoval.run([.trigger, .eventTrigger], migration: migration, on: target)
                        }
                    }
                    #expect(try await TestServers.column(Self.selectActing, on: fixture.target) == [])
                }
                try await fixture.execute("update skein.task set state = 'pending'", fixture.target)
            }
            #expect(try await fixture.value("select count(*) from public.v", fixture.target) == "0")
        }
    }
}
