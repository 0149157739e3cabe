import PlanFile
import Planning
import Postgres
import TestServers
import Testing

@testable import Execution

@Suite("The fence", .enabled(if: TestServers.areAvailable), .timeLimit(.minutes(3)))
struct FenceTests {
    private static func isWritable(_ connection: Connection) -> Bool {
        (try? connection.execute("insert into public.keyed values (99, 'x'); delete from public.keyed where id = 99"))
            != nil
    }

    @Test(arguments: SourceFixture.Server.present)
    func `Nobody but us writes under it, and afterwards everybody`(_ server: SourceFixture.Server) async throws {
        try await SourceFixture.with(on: server) { fixture in
            let fence = Fence(fixture.source)
            let old = try fixture.application()
            let busy = try fixture.application()
            // As an application's session is: without our settings.
            try old.execute("reset default_transaction_read_only")
            try busy.execute("begin; insert into public.keyed values (5, 'lost')")
            let before = try fence.before()
            #expect(before == FenceBefore(setting: nil))
            #expect(try fence.set() == 2)
            #expect(throws: PostgresError.self) { try old.execute("select 1") }
            #expect(throws: PostgresError.self) { try busy.execute("commit") }
            #expect(try fixture.column("select id::text from public.keyed") == ["1"])
            #expect(Self.isWritable(fixture.source))
            let new = try fixture.application()
            try new.execute("reset default_transaction_read_only")
            #expect(!Self.isWritable(new))
            // Again, as after a crash: sessions that began under the fence may be ended, ours are not.
            try fence.set()
            #expect(try fence.before() == FenceBefore(setting: "on"))

            try fence.lift(before, wasSet: true)
            #expect(try fence.before() == before)
            // The session that began under the fence was ended: it would have stayed read-only.
            #expect(throws: PostgresError.self) { try new.execute("select 1") }
            let after = try fixture.application()
            try after.execute("reset default_transaction_read_only")
            #expect(Self.isWritable(after))
            try fence.lift(before, wasSet: true)
        }
    }

    @Test func `The database's own setting is put back as it was`() async throws {
        try await SourceFixture.with { fixture in
            let database = try #require(try fixture.source.scalar("select current_database()"))
            try fixture.source.execute(#"alter database "\#(database)" set default_transaction_read_only = 'false'"#)
            let fence = Fence(fixture.source)
            let before = try fence.before()
            #expect(before.setting == "false")
            try fence.set()
            try fence.lift(before, wasSet: false)
            #expect(try fence.before() == before)
            #expect(
                try fence.liftingStatement(before)
                    == "alter database \(database) set default_transaction_read_only = 'false';")
        }
    }

    @Test func `Everything that would pass it is named at once`() async throws {
        try await SourceFixture.with { fixture in
            let (role, other) = (fixture.planName + "_writer", fixture.planName + "_reader")
            let database = try #require(try fixture.source.scalar("select current_database()"))
            try fixture.source.execute(
                """
                create role \(role) login; alter role \(role) set default_transaction_read_only = 'FALSE';
                create role \(other) login; alter role \(other) set default_transaction_read_only = off;
                alter role \(other) in database "\(database)" set default_transaction_read_only = on;
                """)
            defer { try? fixture.source.execute("drop role \(role); drop role \(other)") }
            let shop = try fixture.application()
            try shop.execute(
                "begin; insert into public.keyed values (8, 'p'); prepare transaction '\(fixture.planName)'")
            defer { try? shop.execute("rollback prepared '\(fixture.planName)'") }
            try fixture.source.execute(
                """
                create subscription \(fixture.planName) connection 'host=127.0.0.1 port=1 dbname=none'
                    publication p with (connect = false, slot_name = none)
                """)
            let found = try FenceProblem.find(fixture.source, isReadOnly: true).filter { problem in
                // Other tests on the same server have roles of their own.
                if case .roleSetting(let name, _) = problem { name.hasPrefix(fixture.planName) } else { true }
            }
            #expect(found.count == 2)
            guard case .preparedTransaction(let gid, _, _) = found.first else {
                Issue.record("\(found)")
                return
            }
            #expect(gid == fixture.planName)
            #expect(found.last == .roleSetting(role: role, database: nil))
            // `connect = false` leaves it disabled; it cannot be enabled without a slot's name.
            try fixture.source.execute(
                """
                alter subscription \(fixture.planName) set (slot_name = '\(fixture.planName)');
                alter subscription \(fixture.planName) enable
                """)
            #expect(try FenceProblem.find(fixture.source, isReadOnly: true).last == .subscription(fixture.planName))
            #expect(throws: SourceError.self) { try Fence.check(fixture.source, isReadOnly: false) }
            try fixture.source.execute(
                """
                alter subscription \(fixture.planName) disable;
                alter subscription \(fixture.planName) set (slot_name = none);
                drop subscription \(fixture.planName)
                """)
        }
    }

    @Test func `A session that sets itself free and writes is ended`() async throws {
        try await SourceFixture.with { fixture in
            let fence = Fence(fixture.source)
            try fence.set()
            let rebel = try fixture.application()
            try rebel.execute("set default_transaction_read_only = off")
            try rebel.execute("begin; insert into public.keyed values (6, 'rebel')")
            try fence.set()
            #expect(throws: PostgresError.self) { try rebel.execute("commit") }
            #expect(try fixture.column("select id::text from public.keyed") == ["1"])
        }
    }

    @Test func `Open transactions are listed and waited for`() async throws {
        try await SourceFixture.with { fixture in
            let (writer, reader) = (try fixture.application(), try fixture.application())
            try writer.execute("begin; insert into public.keyed values (9, 'w')")
            try reader.execute("begin; select count(*) from public.keyed")
            let open = try Fence.openTransactions(fixture.source)
            #expect(Set(open.map(\.pid)) == [writer.backendPID, reader.backendPID])
            #expect(open.allSatisfy { $0.application == "shop" && ($0.seconds ?? -1) >= 0 })
            #expect(try Fence.openTransactions(fixture.source, isWriting: true).map(\.pid) == [writer.backendPID])
            #expect(try Fence.waitForTransactions(fixture.source, seconds: 0.2).count == 2)
            try writer.execute("commit; begin")
            #expect(try Fence.waitForTransactions(fixture.source, seconds: 0.2).map(\.pid).contains(reader.backendPID))
            try reader.execute("commit")
            try writer.execute("commit")
            #expect(try Fence.waitForTransactions(fixture.source, seconds: 5).isEmpty)
        }
    }

    @Test func `A role that may not is told so`() async throws {
        try await SourceFixture.with { fixture in
            let role = fixture.planName + "_weak"
            try fixture.source.execute("create role \(role) login")
            defer { try? fixture.source.execute("drop role \(role)") }
            let weak = try Connection(
                fixture.sourceTarget.with("user", role), applicationName: "skein/\(fixture.planName)/weak")
            let shop = try fixture.application()
            // It does not even see how old others' sessions are.
            #expect(
                performing: { try Fence(weak).set() },
                throws: { error in
                    if case SourceError.mayNotEnd = error { true } else { false }
                })
            #expect(try Fence(fixture.source).before().setting == nil)
            try fixture.source.execute("grant pg_read_all_stats to \(role)")
            #expect(
                performing: { try Fence(weak).set() },
                throws: { error in
                    if case SourceError.mayNotFence = error { true } else { false }
                })
            let database = try #require(try fixture.source.scalar("select current_database()"))
            try fixture.source.execute(#"alter database "\#(database)" owner to \#(role)"#)
            #expect(
                performing: { try Fence(weak).set() },
                throws: { error in
                    guard case SourceError.mayNotEnd(let sessions) = error else { return false }
                    return sessions.map(\.pid) == [shop.backendPID]
                })
            try Fence(weak).lift(FenceBefore(setting: nil), wasSet: true)
            try fixture.source.execute(#"alter database "\#(database)" owner to postgres"#)
        }
    }
}
