import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("What is granted, revoked and handed over")
struct RightsPlannerTests {
    private static func table(
        _ name: String, owner: String, _ privileges: [Catalog.Privilege]? = nil, columns: [Catalog.Privilege] = [],
        kind: Catalog.SecuredKind = .table,
    ) -> Catalog.Secured {
        Catalog.Secured(
            id: .init(catalog: "pg_class", oid: OID(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } % 1_000_000)),
            kind: kind,
            name: kind == .schema ? name : "public.\(name)", schema: kind == .schema ? name : "public", owner: owner,
            privileges: privileges, columnPrivileges: columns)
    }

    private static func all(_ owner: String, version: Int = 150_000, _ kind: Catalog.SecuredKind = .table)
        -> [Catalog.Privilege]
    {
        Array(PrivilegeRules.defaults(kind, owner: owner, version: version))
    }

    private static func planner(
        _ source: [Catalog.Secured], _ target: [Catalog.Secured],
        roles: Set<String> = ["app", "reader", "writer", "me"],
        isSuperuser: Bool = true, exclusions: Exclusions = Exclusions(),
    ) -> RightsPlanner {
        var (there, here) = (Catalog.Access(), Catalog.Access())
        there.objects = source
        here.objects = target
        return RightsPlanner(
            source: there, sourceVersion: 150_020, target: here, roles: roles,
            maker: RoleMaker(name: "me", isSuperuser: isSuperuser, version: 170_011, own: []), exclusions: exclusions)
    }

    private static func sql(_ outcome: RightsPlanner.Outcome) -> [String] { outcome.statements.map(\.statement.sql) }

    @Test("owners differ: handed over, schemas last, owned sequences and excluded objects left alone")
    func owners() {
        var serial = Self.table("id_seq", owner: "app", kind: .sequence)
        serial.followsTable = true
        let gone = Self.table("tmp", owner: "app")
        let source = [
            Self.table("app", owner: "app", kind: .schema), Self.table("t", owner: "app"), serial, gone,
            Self.table("mine", owner: "me"), Self.table("lost", owner: "nobody"),
        ]
        let target = source.map { object in
            var object = object
            object.owner = "me"
            return object
        }
        let excluded = Exclusions(objects: [ExcludedObject(catalog: "pg_class", oid: gone.id.oid)])
        let outcome = Self.planner(source, target, exclusions: excluded).owners(.all)
        #expect(
            Self.sql(outcome) == [
                "alter table public.t owner to \"app\"", "alter schema app owner to \"app\"",
            ])
        #expect(outcome.statements.first?.needs == ["app", "me"])
        #expect(outcome.refused.map(\.sql) == ["alter table public.lost owner to \"nobody\""])
        #expect(outcome.refused.map(\.why) == ["role nobody does not exist on the target"])
    }

    @Test("rights are granted by the owner that the object has on the target; equal ones are left alone")
    func grants() {
        let rights: [Catalog.Privilege] = [
            .init(grantee: "reader", grantor: "app", name: "SELECT"),
            .init(grantee: "writer", grantor: "app", name: "INSERT"),
            .init(grantee: "writer", grantor: "app", name: "SELECT"),
            .init(grantee: nil, grantor: "app", name: "REFERENCES"),
        ]
        let column = [Catalog.Privilege(grantee: "reader", grantor: "app", name: "UPDATE", column: "Note")]
        let source = Self.table("t", owner: "app", Self.all("app") + rights, columns: column)
        let outcome = Self.planner([source], [Self.table("t", owner: "me")]).privileges(.all)
        #expect(
            Self.sql(outcome) == [
                "grant references on table public.t to public", "grant select on table public.t to \"reader\"",
                "grant insert, select on table public.t to \"writer\"",
                "grant update (\"Note\") on table public.t to \"reader\"",
            ])
        func mapped(_ privilege: Catalog.Privilege) -> Catalog.Privilege {
            var copy = privilege
            copy.grantor = "me"
            return copy
        }
        let done = Self.table(
            "t", owner: "me", Self.all("me", version: 170_000) + rights.map(mapped), columns: column.map(mapped))
        #expect(Self.planner([source], [done]).privileges(.all) == .init())
    }

    @Test("what the source does not grant is revoked, PUBLIC's default too")
    func revokes() {
        let routine = Self.table(
            "f()", owner: "app", Self.all("app", .routine).filter { $0.grantee != nil }, kind: .routine)
        let table = Self.table("t", owner: "app")
        let extra = Catalog.Privilege(grantee: "reader", grantor: "me", name: "SELECT")
        let outcome = Self.planner(
            [routine, table],
            [
                Self.table("f()", owner: "me", kind: .routine),
                Self.table("t", owner: "me", Self.all("me", version: 170_000) + [extra]),
            ]
        ).privileges(.all)
        #expect(
            Self.sql(outcome) == [
                "revoke execute on routine public.f() from public", "revoke select on table public.t from \"reader\"",
            ])
    }

    @Test("another grantor grants in its own name, after it was given the option; one that is missing is replaced")
    func grantors() {
        let rights: [Catalog.Privilege] = [
            .init(grantee: "reader", grantor: "writer", name: "SELECT"),
            .init(grantee: "writer", grantor: "app", name: "SELECT", isGrantable: true),
            .init(grantee: "reader", grantor: "gone", name: "INSERT"),
        ]
        let source = Self.table("t", owner: "app", Self.all("app") + rights)
        let outcome = Self.planner([source], [Self.table("t", owner: "app")]).privileges(.all)
        #expect(
            Self.sql(outcome) == [
                "grant insert on table public.t to \"reader\"",
                "grant select on table public.t to \"writer\" with grant option",
                "grant select on table public.t to \"reader\"",
            ])
        #expect(outcome.statements.map(\.statement.grantor) == [nil, nil, "writer"])
        #expect(outcome.statements.last?.needs == ["writer"])
    }

    @Test("schema public and others that may have been there get only what the source changed")
    func schemas() {
        let initial = Array(PrivilegeRules.initialPublicSchema(owner: "postgres", version: 150_000))
        let target = Array(PrivilegeRules.initialPublicSchema(owner: "pg_database_owner", version: 170_000))
        func statements(_ source: [Catalog.Privilege]) -> [String] {
            Self.sql(
                Self.planner(
                    [Self.table("public", owner: "postgres", source, kind: .schema)],
                    [Self.table("public", owner: "pg_database_owner", target, kind: .schema)]
                ).privileges(.all))
        }
        #expect(statements(initial) == [])
        #expect(
            statements(initial + [.init(grantee: "reader", grantor: "postgres", name: "CREATE")])
                == ["grant create on schema public to \"reader\""])
        #expect(statements(initial.filter { $0.grantee != nil }) == ["revoke usage on schema public from public"])
    }

    @Test("rights of a role that the target lacks are left to a person, with the reason")
    func missing() {
        let source = Self.table(
            "t", owner: "app", Self.all("app") + [.init(grantee: "ghost", grantor: "app", name: "SELECT")])
        let outcome = Self.planner([source], [Self.table("t", owner: "me")]).privileges(.all)
        #expect(outcome.statements == [])
        #expect(outcome.refused.map(\.sql) == ["grant select on table public.t to \"ghost\""])
    }

    @Test("no superuser takes its own rights away before the migration is over")
    func own() {
        let source = Self.table("t", owner: "app", Self.all("app").filter { $0.name != "DELETE" })
        let target = [Self.table("t", owner: "app")]
        #expect(
            Self.sql(Self.planner([source], target).privileges(.all))
                == ["revoke delete on table public.t from \"app\""])
        #expect(Self.planner([source], target, isSuperuser: false).privileges(.all).refused.count == 1)
    }

    @Test("default privileges, everywhere and in a schema")
    func defaults() {
        var (there, here) = (Catalog.Access(), Catalog.Access())
        there.defaults = [
            .init(
                role: "app", schema: nil, kind: .routine,
                privileges: Self.all("app", .routine).filter { $0.grantee != nil }),
            .init(
                role: "app", schema: "api", kind: .table,
                privileges: [
                    .init(grantee: "reader", grantor: "app", name: "SELECT"),
                    .init(grantee: "ghost", grantor: "app", name: "SELECT"),
                ]),
        ]
        func outcome() -> RightsPlanner.Outcome {
            RightsPlanner(
                source: there, sourceVersion: 150_020, target: here, roles: ["app", "reader"],
                maker: RoleMaker(name: "me", isSuperuser: true, version: 170_011, own: []), exclusions: Exclusions()
            ).privileges(.all)
        }
        #expect(
            Self.sql(outcome()) == [
                "alter default privileges for role \"app\" revoke execute on routines from public",
                "alter default privileges for role \"app\" in schema \"api\" grant select on tables to \"reader\"",
            ])
        #expect(outcome().refused.count == 1)
        here.defaults = there.defaults
        here.defaults[1].privileges.removeLast()
        #expect(outcome().statements == [])
    }
}
