import Testing

@testable import Catalog
@testable import PlanFile
@testable import Planning

@Suite("Which roles are migrated, and as what")
struct RolePlannerTests {
    private static func catalog(
        _ roles: [Catalog.Role], _ memberships: [Catalog.Membership] = [], version: Int = 150_020,
        user: String = "postgres", isSuperuser: Bool = true,
    ) -> Catalog {
        var builder = CatalogBuilder(versionNumber: version)
        builder.edit { catalog in
            catalog.server.user = user
            catalog.server.isSuperuser = isSuperuser
            catalog.server.roles = ["postgres", "pg_monitor"] + roles.map(\.name)
            catalog.access.roles = roles
            catalog.access.memberships = memberships
        }
        return builder.catalog
    }

    private static func decide(
        _ source: Catalog, _ target: Catalog, _ change: (inout Plan) -> Void = { _ in },
    ) throws -> (decision: RolesDecision, diagnostics: [Diagnostic]) {
        var planner = RolePlanner(
            .sample(change), source: source, target: target, sourceProvider: .standard, targetProvider: .standard)
        let decision = planner.decide()
        return (try #require(decision), planner.names.diagnostics)
    }

    private static let first: Catalog.Role = {
        var role = Catalog.Role(name: "boss", attributes: Set(Catalog.RoleAttribute.allCases))
        role.isFirst = true
        return role
    }()

    private static func role(_ name: String, _ attributes: Set<Catalog.RoleAttribute> = [.login, .inherit])
        -> Catalog.Role
    {
        Catalog.Role(name: name, attributes: attributes)
    }

    @Test("all but the first superuser, the provider's and the excluded; each left out with its reason")
    func leftOut() throws {
        let source = Self.catalog(
            [Self.first] + ["app", "rdsadmin", "rds_superuser", "tmp_x", "tsdbadmin"].map { Self.role($0) })
        let decision = try Self.decide(source, Self.catalog([])) { $0.roles.exclude = [Located(pattern("tmp_*"))] }
            .decision
        #expect(decision.roles.map(\.role.name) == ["app"])
        #expect(
            decision.leftOut.map { "\($0.what): \($0.why)" } == [
                "role boss: it is the source's first superuser", "role rdsadmin: it is the source's provider's",
                "role rds_superuser: it is the source's provider's", "role tmp_x: the plan excludes it",
                "role tsdbadmin: it is the source's provider's",
            ])
    }

    @Test("an entry that matches nothing is an error, but for a provider's name")
    func entries() throws {
        let source = Self.catalog([Self.role("app"), Self.role("other")])
        let result = try Self.decide(source, Self.catalog([])) { plan in
            plan.roles.include = [Located(pattern("a*"))]
            plan.roles.exclude = [Located(pattern("rdsadmin")), Located(pattern("rds_*")), Located(pattern("appp"))]
        }
        #expect(result.diagnostics.map(\.code) == ["SK150"])
        #expect(result.diagnostics.first?.summary.contains("appp") == true)
        #expect(result.decision.roles.map(\.role.name) == ["app"])
        #expect(result.decision.leftOut.map(\.why) == ["the plan does not include it"])
    }

    @Test(
        "a right that the target role cannot give is taken off and named",
        arguments: [
            (170_011, [.createrole], ["SUPERUSER", "CREATEDB", "REPLICATION", "BYPASSRLS"]),
            (170_011, [.createrole, .createdb, .replication], ["SUPERUSER", "BYPASSRLS"]),
            (150_020, [.createrole, .replication], ["SUPERUSER", "REPLICATION", "BYPASSRLS"]),
        ] as [(Int, Set<Catalog.RoleAttribute>, [String])])
    func lowered(_ version: Int, _ own: Set<Catalog.RoleAttribute>, _ expected: [String]) throws {
        let source = Self.catalog([Self.role("dba", Set(Catalog.RoleAttribute.allCases))])
        let target = Self.catalog([Self.role("admin", own)], version: version, user: "admin", isSuperuser: false)
        let role = try #require(try Self.decide(source, target).decision.roles.first)
        #expect(role.lowered.map(\.what) == expected)
        let sql = RoleStatements.statements(role, nil, [], database: "iot").map(\.sql)
        for word in expected { #expect(!sql[0].split(separator: " ").contains(Substring(word))) }
    }

    @Test("a superuser gives all of it")
    func superuser() throws {
        let source = Self.catalog([Self.role("dba", Set(Catalog.RoleAttribute.allCases))])
        let role = try #require(try Self.decide(source, Self.catalog([])).decision.roles.first)
        #expect(role.lowered == [] && role.existed == false)
        #expect(
            RoleStatements.statements(role, nil, [], database: "iot").map(\.sql) == [
                "create role \"dba\" with SUPERUSER CREATEDB CREATEROLE INHERIT LOGIN REPLICATION BYPASSRLS"
            ])
    }

    @Test("a role that exists is brought in line, and what reaches everywhere is neither given nor taken")
    func reconciled() throws {
        var wanted = Self.role("app", [.login, .inherit, .bypassrls])
        wanted.connectionLimit = 7
        let there = Self.role("app", [.inherit, .superuser])
        let role = try #require(try Self.decide(Self.catalog([wanted]), Self.catalog([there])).decision.roles.first)
        #expect(role.existed && role.lowered.map(\.what) == ["BYPASSRLS"])
        #expect(role.differences == ["LOGIN", "CONNECTION LIMIT 7"])
        #expect(
            RoleStatements.statements(role, there, [], database: "iot").map(\.sql)
                == ["alter role \"app\" with LOGIN CONNECTION LIMIT 7"])
        let same = RoleStatements.statements(role, role.role, [], database: "iot")
        #expect(same == [], "a second run changes nothing")
    }

    @Test("settings go with their role, lists as lists, those of the database to the target's")
    func settings() throws {
        var source = Self.catalog([Self.role("app")])
        source.access.settings = [
            .init(role: "app", isOfDatabase: false, name: "search_path", value: "\"My app\", public"),
            .init(role: "app", isOfDatabase: true, name: "app.mode", value: "it's \\ so"),
            .init(role: nil, isOfDatabase: true, name: "work_mem", value: "8MB"),
        ]
        let role = try #require(try Self.decide(source, Self.catalog([])).decision.roles.first)
        #expect(
            RoleStatements.statements(role, nil, [], database: "new").map(\.sql).dropFirst() == [
                "alter role \"app\" set \"search_path\" = 'My app', 'public'",
                "alter role \"app\" in database \"new\" set \"app\".\"mode\" = E'it''s \\\\ so'",
            ])
    }

    @Test("memberships come in an order in which each grantor holds what it grants, with their options")
    func memberships() throws {
        let names = ["chief", "crew", "lead", "temp"]
        let source = Self.catalog(
            names.map { Self.role($0) },
            [
                .init(role: "crew", member: "temp", grantor: "lead", inherits: false, maySet: true),
                .init(role: "crew", member: "lead", grantor: "chief", isAdmin: true, inherits: true, maySet: true),
                .init(role: "crew", member: "chief", grantor: "postgres", isAdmin: true, inherits: true, maySet: false),
                .init(role: "pg_monitor", member: "chief", grantor: "postgres", inherits: true, maySet: true),
                .init(role: "rds_superuser", member: "chief", grantor: "rdsadmin", inherits: true, maySet: true),
            ], version: 170_000)
        let decision = try Self.decide(source, Self.catalog([], version: 170_011)).decision
        #expect(decision.leftOut.map(\.what) == ["membership of chief in rds_superuser"])
        func statements(_ version: Int) -> [AccessStatement] {
            RoleStatements.memberships(decision.memberships, [], inheriting: Set(names), version: version)
        }
        #expect(
            statements(170_011).map(\.sql) == [
                "grant \"crew\" to \"chief\" with admin true, inherit true, set false",
                "grant \"pg_monitor\" to \"chief\" with admin false, inherit true, set true",
                "grant \"crew\" to \"lead\" with admin true, inherit true, set true granted by \"chief\"",
                "grant \"crew\" to \"temp\" with admin false, inherit false, set true granted by \"lead\"",
            ])
        #expect(statements(150_000).map(\.sql).first == "grant \"crew\" to \"chief\" with admin option")
        let again = RoleStatements.memberships(
            decision.memberships, decision.memberships, inheriting: Set(names), version: 170_011)
        #expect(again == [])
    }

    @Test("a role of the name of the target's first superuser is left alone")
    func targetsFirst() throws {
        let decision = try Self.decide(Self.catalog([Self.role("boss")]), Self.catalog([Self.first])).decision
        #expect(decision.isEmpty)
        #expect(decision.leftOut.map(\.why) == ["it is the target's first superuser"])
    }

    @Test("without CREATEROLE nothing is made")
    func powerless() throws {
        let target = Self.catalog([Self.role("admin")], version: 170_011, user: "admin", isSuperuser: false)
        let decision = try Self.decide(Self.catalog([Self.role("app")]), target).decision
        #expect(decision.isEmpty)
        #expect(decision.leftOut.map(\.why) == ["admin may not create roles on the target"])
    }

    @Test(
        "lists of names are taken apart as the server keeps them",
        arguments: [
            ("\"$user\", public", ["$user", "public"]), ("a,b", ["a", "b"]), ("\"\"", [""]), ("", []),
            ("\"a\"\"b\", \"c, d\"", ["a\"b", "c, d"]),
        ] as [(String, [String])])
    func lists(_ text: String, _ names: [String]) { #expect(SettingValue.elements(text) == names) }
}
