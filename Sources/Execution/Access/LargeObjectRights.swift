internal import Catalog
internal import Planning
private import PlanFile
internal import Postgres

/// Owners and privileges of large objects, of which there may be very many: only what differs is held.
struct LargeObjectRights {
    private var owners: [RightsPlanner.Statement] = []
    private var refusedOwners: [RightsPlanner.Refused] = []
    private var privileges = RightsPlanner.Outcome()

    /// Outside transactions.
    static func read(
        _ source: Connection, _ target: Connection, wanted: Catalog.Access, present: TargetRoles, sourceVersion: Int,
    ) throws -> LargeObjectRights {
        var rights = LargeObjectRights()
        // Most databases have none, and many one owner's only.
        guard !wanted.largeObjects.isEmpty, !present.access.largeObjects.isEmpty else { return rights }
        let first = Set(wanted.roles.filter(\.isFirst).map(\.name))
        for owner in wanted.largeObjects.keys.sorted() where !first.contains(owner) {
            try rights.addOwner(owner, source, target, present)
        }
        if wanted.grantedLargeObjects > 0 || present.access.grantedLargeObjects > 0 {
            var (there, here) = (Catalog.Access(), Catalog.Access())
            there.roles = wanted.roles
            there.objects = try secured(source)
            here.objects = try secured(target)
            // What has none on one side has its defaults there.
            let granted = Set(there.objects.filter { $0.privileges != nil }.map(\.name))
                .union(here.objects.filter { $0.privileges != nil }.map(\.name))
            there.objects.removeAll { !granted.contains($0.name) }
            here.objects.removeAll { !granted.contains($0.name) }
            let planner = RightsPlanner(
                source: there, sourceVersion: sourceVersion, target: here, roles: present.names,
                maker: present.maker, exclusions: Exclusions())
            rights.privileges = planner.privileges(.all)
        }
        return rights
    }

    func addOwners(to outcome: inout RightsPlanner.Outcome) {
        outcome.statements += owners
        outcome.refused += refusedOwners
    }

    func addPrivileges(to outcome: inout RightsPlanner.Outcome) {
        outcome.statements += privileges.statements
        outcome.refused += privileges.refused
    }

    private mutating func addOwner(
        _ owner: String, _ source: Connection, _ target: Connection, _ present: TargetRoles,
    ) throws {
        let oids = try source.query(
            """
            select m.oid from pg_catalog.pg_largeobject_metadata m join pg_catalog.pg_roles r on r.oid = m.lomowner
            where r.rolname = $1 order by m.oid
            """, [owner])
        let differing = try target.query(
            """
            select m.oid, pg_catalog.pg_get_userbyid(m.lomowner)
            from pg_catalog.pg_largeobject_metadata m join unnest($1::oid[]) as w (oid) on w.oid = m.oid
            where pg_catalog.pg_get_userbyid(m.lomowner) <> $2 order by m.oid
            """, [PostgresArray.literal(oids.indices.map { oids.text($0, 0) }), owner])
        for row in differing.indices {
            let sql = "alter large object \(differing.text(row, 0)) owner to \(QualifiedName.quoted(owner))"
            guard present.names.contains(owner) else {
                refusedOwners.append(
                    .init(sql: sql, why: "role \(QualifiedName.quotedIfNeeded(owner)) does not exist on the target"))
                continue
            }
            owners.append(
                .init(
                    statement: AccessStatement(sql, object: "large object \(differing.text(row, 0))"),
                    needs: [owner, differing.text(row, 1)], newOwner: owner,
                    kind: Catalog.SecuredKind.largeObject.rawValue))
        }
    }

    private static func secured(_ connection: Connection) throws -> [Catalog.Secured] {
        let rows = try connection.query(selectPrivileges)
        var found: [Catalog.Secured] = []
        for row in rows.indices {
            let oid = rows.oid(row, 0) ?? 0
            if found.last?.id.oid != oid {
                found.append(
                    Catalog.Secured(
                        id: .init(catalog: "pg_largeobject", oid: oid), kind: .largeObject, name: String(oid),
                        schema: nil, owner: rows.text(row, 1), privileges: rows.bool(row, 2) ? [] : nil))
            }
            guard let grantor = rows[row, 3], let name = rows[row, 6], rows.bool(row, 4) || rows[row, 5] != nil else {
                continue
            }
            found[found.count - 1].privileges?.append(
                Catalog.Privilege(
                    grantee: rows[row, 5], grantor: grantor, name: name, isGrantable: rows.bool(row, 7)))
        }
        return found
    }

    private static let selectPrivileges = """
        select m.oid, pg_catalog.pg_get_userbyid(m.lomowner), m.lomacl is not null, g.rolname, a.grantee = 0, e.rolname,
            a.privilege_type, a.is_grantable
        from pg_catalog.pg_largeobject_metadata m
        left join lateral pg_catalog.aclexplode(m.lomacl) as a on true
        left join pg_catalog.pg_roles g on g.oid = a.grantor
        left join pg_catalog.pg_roles e on e.oid = a.grantee
        order by m.oid
        """
}
