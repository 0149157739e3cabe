@testable import Catalog
@testable import PlanFile
@testable import Planning

enum RoleCases {
    static let all: [CheckCase] = [
        CheckCase(
            "SK242", "no CREATEROLE, and the plan says `roles: {migrate: true}`",
            statement: "alter role \"postgres\" createrole;",
        ) {
            $0.addSourceRole("app", [.login])
            $0.connectAsMigrator()
            $0.plan.roles.migrate = Located(true, at: Plan.at(20))
        },
        CheckCase("SK242", "no CREATEROLE, and the plan says nothing", .warning) {
            $0.addSourceRole("app", [.login])
            $0.connectAsMigrator()
        },
        CheckCase(
            "SK243", "an owner that the plan leaves out", .warning, statement: "create role \"app\";",
        ) {
            $0.addSourceRole("app", [.login])
            $0.own(0, "app")
            $0.plan.roles.migrate = Located(false)
            $0.plan.grants.owners = Located(true, at: Plan.at(21))
        },
        CheckCase(
            "SK243", "a grantee that the plan leaves out", .warning, statement: "create role \"reader\";",
        ) {
            $0.plan.roles.migrate = Located(false)
            $0.plan.grants = Plan.Grants(owners: Located(true), privileges: Located(true, at: Plan.at(21)))
            $0.grant(0, "SELECT", to: "reader")
        },
        CheckCase(
            "SK244", "REPLICATION that the target role lacks", .warning, statement: "alter role \"app\" replication;",
        ) {
            $0.addSourceRole("app", [.login, .replication])
            $0.connectAsMigrator(createsRoles: true)
        },
        CheckCase("SK245", "passwords that may not be read") {
            $0.plan.roles.passwords = Located(true, at: Plan.at(20))
        },
        CheckCase("SK246", "an MD5 password", .note) {
            $0.plan.roles.passwords = Located(true, at: Plan.at(20))
            $0.addSourceRole("app", [.login], password: .md5)
            $0.source.edit { $0.access.canReadPasswords = true }
        },
        CheckCase(
            "SK247", "an owner whom another made on the target", .warning,
            statement: "grant \"app\" to \"postgres\" with admin option;",
        ) {
            $0.addSourceRole("app", [.login])
            $0.own(0, "app")
            $0.connectAsMigrator(createsRoles: true)
            $0.target.edit { $0.access.roles.append(Catalog.Role(name: "app", attributes: [.login])) }
            $0.plan.grants.owners = Located(true, at: Plan.at(21))
        },
        CheckCase("SK248", "privileges without owners", .warning) { fixture in
            fixture.addSourceRole("app", [.login])
            fixture.edit(fixture.devices) { $0.owner = "app" }
            fixture.plan.grants.privileges = Located(true, at: Plan.at(21))
        },
        CheckCase("SK249", "a read-only database", .note) {
            $0.source.edit {
                $0.access.settings.append(
                    .init(role: nil, isOfDatabase: true, name: "default_transaction_read_only", value: "on"))
            }
        },
    ]
}

extension CheckFixture {
    mutating func addSourceRole(
        _ name: String, _ attributes: Set<Catalog.RoleAttribute>, password: Catalog.Role.Password? = nil,
    ) {
        source.edit { catalog in
            catalog.access.roles.append(Catalog.Role(name: name, attributes: attributes, password: password))
        }
    }

    /// Not a superuser, on the target.
    mutating func connectAsMigrator(createsRoles: Bool = false) {
        editServer(\.target) { server in server.isSuperuser = false }
        target.edit { catalog in
            catalog.access.roles.append(
                Catalog.Role(name: catalog.server.user, attributes: createsRoles ? [.login, .createrole] : [.login]))
        }
    }

    /// The source's `number`-th table belongs to `owner`.
    mutating func own(_ number: Int, _ owner: String) { secure(number) { $0.owner = owner } }

    mutating func grant(_ number: Int, _ right: String, to role: String) {
        secure(number) { object in
            let all = PrivilegeRules.defaults(.table, owner: object.owner, version: 150_000)
            object.privileges = Array(all) + [.init(grantee: role, grantor: object.owner, name: right)]
        }
    }

    private mutating func secure(_ number: Int, _ change: (inout Catalog.Secured) -> Void) {
        source.edit { catalog in
            let relation = catalog.relations[number]
            var object = Catalog.Secured(
                id: .relation(relation.oid), kind: .table, name: relation.name.sql, schema: relation.name.schema,
                owner: relation.owner)
            change(&object)
            catalog.access.objects.append(object)
        }
    }
}
