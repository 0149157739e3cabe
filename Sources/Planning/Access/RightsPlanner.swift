package import Catalog
internal import PlanFile

/// Which owners and privileges of the target differ from the source's, and the statements that mend it: a function of
/// both sides as they are now. Asked again until nothing differs, so that it does not matter where it was interrupted.
package struct RightsPlanner: Sendable {
    /// Which objects: of a live migration some get theirs only once nothing is applied any more.
    package enum Stage: String, Sendable, Codable {
        case all
        /// Everything that is there before the gate.
        case early
        /// Materialized views' owners, whose queries run with their owners' rights when they are refreshed, and large
        /// objects, which come behind the gate; where continuous aggregates do, too, whatever still differs then.
        case late
        /// Once they are there, what else is done would fire them.
        case eventTriggers = "event-triggers"

        /// Whether large objects get theirs at this stage.
        package var hasLargeObjects: Bool { self == .all || self == .late }
    }

    private let source: Catalog.Access
    private let target: Catalog.Access
    private let maker: RoleMaker
    private let changes: PrivilegeChanges
    private let exclusions: Exclusions
    private let roles: Set<String>
    private let providerRoles: Set<String>

    /// - Parameters:
    ///   - roles: all that the target has.
    ///   - maker: the role that Skein connects to the target with.
    ///   - providerRoles: of the source, its provider's.
    package init(
        source: Catalog.Access, sourceVersion: Int, target: Catalog.Access, roles: Set<String>, maker: RoleMaker,
        exclusions: Exclusions, providerRoles: Set<String> = [],
    ) {
        self.providerRoles = providerRoles
        self.source = source
        self.target = target
        self.maker = maker
        self.exclusions = exclusions
        self.roles = roles
        changes = PrivilegeChanges(sourceVersion: sourceVersion, targetVersion: maker.version, roles: roles)
    }

    /// Statements of one kind of right, and what cannot be said in a statement at all.
    package struct Outcome: Sendable, Equatable {
        package var statements: [Statement] = []
        package var refused: [Refused] = []
        package init() {}
    }

    package struct Statement: Sendable, Equatable {
        package var statement: AccessStatement
        /// Whose rights Skein needs to run it: new owners, grantors.
        package var needs: Set<String>
        /// The schema in which a new owner must be able to create.
        package var schema: String?
        package var newOwner: String?
        /// What it is about, in a word or two.
        package var kind: String

        package init(
            statement: AccessStatement, needs: Set<String>, schema: String? = nil, newOwner: String? = nil,
            kind: String,
        ) {
            self.kind = kind
            self.statement = statement
            self.needs = needs
            self.schema = schema
            self.newOwner = newOwner
        }
    }

    /// What is left to a person, and why.
    package struct Refused: Sendable, Codable, Equatable {
        package var sql: String
        package var why: String
        package init(sql: String, why: String) {
            self.sql = sql
            self.why = why
        }
    }

    // MARK: Owners

    package func owners(_ stage: Stage) -> Outcome {
        var outcome = Outcome()
        for (object, there) in pairs() where !object.followsTable && belongs(object.kind, stage, ofOwners: true) {
            guard object.kind != .database, wantsOwner(object), object.owner != there.owner else { continue }
            let name = QualifiedName.quoted(object.owner)
            let sql = "alter \(there.kind.rawValue) \(there.name) owner to \(name)"
            guard roles.contains(object.owner) else {
                outcome.refused.append(Refused(sql: sql, why: missing(object.owner)))
                continue
            }
            let needsSuperuser = [.eventTrigger, .foreignDataWrapper].contains(object.kind)
            if needsSuperuser, !maker.isSuperuser {
                outcome.refused.append(Refused(sql: sql, why: "only a superuser gives it another owner"))
                continue
            }
            outcome.statements.append(
                Statement(
                    statement: AccessStatement(sql, object: "\(there.kind.rawValue) \(there.name)"),
                    needs: [object.owner, there.owner], schema: object.kind == .schema ? nil : object.schema,
                    newOwner: object.owner, kind: object.kind.rawValue))
        }
        // A schema goes last: until then its old owner decides who creates in it.
        outcome.statements.sort { rank($0.schema == nil) < rank($1.schema == nil) }
        if stage == .all || stage == .early { addDatabase(to: &outcome) }
        return outcome
    }

    private func rank(_ isLast: Bool) -> Int { isLast ? 1 : 0 }

    /// The database's owner decides over the migration itself.
    private func addDatabase(to outcome: inout Outcome) {
        guard let (object, there) = pairs().first(where: { $0.0.kind == .database }), wantsOwner(object),
            object.owner != there.owner
        else { return }
        let sql = "alter database \(there.name) owner to \(QualifiedName.quoted(object.owner))"
        outcome.refused.append(
            Refused(
                sql: sql,
                why: roles.contains(object.owner)
                    ? "the database's owner is left to you, since it decides over everything in it"
                    : missing(object.owner)))
    }

    /// What belongs to the first superuser or to the provider keeps the owner that the target gave it.
    private func wantsOwner(_ object: Catalog.Secured) -> Bool {
        !isFirst(object.owner) && !isLeftBehind(object.owner) && !object.owner.hasPrefix("pg_")
    }

    /// A role of the source's provider that means nothing on the target.
    private func isLeftBehind(_ role: String) -> Bool { providerRoles.contains(role) && !roles.contains(role) }

    /// Of either side: on a managed source `postgres` may be a role like any other, and on the target the one that nobody
    /// acts for.
    private func isFirst(_ role: String) -> Bool {
        source.roles.contains { $0.isFirst && $0.name == role }
            || !maker.isSuperuser && target.roles.contains { $0.isFirst && $0.name == role }
    }

    private func missing(_ role: String) -> String {
        "role \(QualifiedName.quotedIfNeeded(role)) does not exist on the target"
    }

    // MARK: Privileges

    package func privileges(_ stage: Stage) -> Outcome {
        var outcome = Outcome()
        for (object, there) in pairs() where belongs(object.kind, stage, ofOwners: false) {
            let wanted = changes.wanted(object, on: there)
            for statement in changes.statements(wanted.privileges, on: there, name: there.name) {
                let isOwn =
                    statement.sql.hasPrefix("revoke") && !maker.isSuperuser
                    && statement.sql.hasSuffix(" from \(QualifiedName.quoted(there.owner))")
                if isOwn {
                    outcome.refused.append(
                        Refused(sql: statement.sql, why: "the migration itself needs it until its end"))
                    continue
                }
                outcome.statements.append(
                    Statement(
                        statement: statement, needs: [statement.grantor ?? there.owner], kind: object.kind.rawValue))
            }
            outcome.refused += refusals(object, there, wanted)
        }
        if stage == .all || stage == .early { addDefaults(to: &outcome) }
        return outcome
    }

    /// Rights of roles that the target lacks.
    private func refusals(
        _ object: Catalog.Secured, _ there: Catalog.Secured, _ wanted: PrivilegeChanges.Wanted,
    ) -> [Refused] {
        guard let word = PrivilegeRules.word(object.kind) else { return [] }
        let all = (object.privileges ?? []) + object.columnPrivileges
        return wanted.missing.filter { !isLeftBehind($0) }.sorted().map { role in
            let rights = all.filter { $0.grantee == role }.map { privilege in
                privilege.name.lowercased() + (privilege.column.map { " (\(QualifiedName.quoted($0)))" } ?? "")
            }
            return Refused(
                sql: "grant \(Set(rights).sorted().joined(separator: ", ")) on \(word) \(there.name) to "
                    + QualifiedName.quoted(role),
                why: missing(role))
        }
    }

    private func addDefaults(to outcome: inout Outcome) {
        let excluded = Set(exclusions.schemas)
        for entry in source.defaults where entry.schema.map({ !excluded.contains($0) }) ?? true {
            // The first superuser's stand for whoever makes objects on the target in its place.
            let role = isFirst(entry.role) ? maker.name : entry.role
            let kinds = Self.plurals[entry.kind] ?? "tables"
            let place = entry.schema.map { " in schema \(QualifiedName.quoted($0))" } ?? ""
            let prefix = "alter default privileges for role \(QualifiedName.quoted(role))\(place) "
            guard roles.contains(role) else {
                guard !isLeftBehind(role) else { continue }
                outcome.refused.append(
                    Refused(sql: "-- default privileges of \(QualifiedName.quotedIfNeeded(role))", why: missing(role)))
                continue
            }
            let there = target.defaults.first { $0.role == role && $0.schema == entry.schema && $0.kind == entry.kind }
            func secured(_ privileges: [Catalog.Privilege]?, _ owner: String) -> Catalog.Secured {
                Catalog.Secured(
                    id: .init(catalog: "pg_default_acl", oid: 0), kind: entry.kind, name: kinds, schema: nil,
                    owner: owner, privileges: privileges ?? (entry.schema == nil ? nil : []))
            }
            let present = secured(there?.privileges, role)
            let wanted = changes.wantedDefaults(secured(entry.privileges, entry.role), on: present)
            let object = "default privileges of \(QualifiedName.quotedIfNeeded(role))"
            for statement in changes.statements(
                wanted.privileges, present: changes.present(present), owner: role, place: kinds, object: object,
                prefix: prefix)
            {
                outcome.statements.append(Statement(statement: statement, needs: [role], kind: "default privileges"))
            }
            for grantee in wanted.missing.sorted() where !isLeftBehind(grantee) {
                let names = entry.privileges.filter { $0.grantee == grantee }.map { $0.name.lowercased() }
                outcome.refused.append(
                    Refused(
                        sql: prefix + "grant \(names.sorted().joined(separator: ", ")) on \(kinds) to "
                            + QualifiedName.quoted(grantee),
                        why: missing(grantee)))
            }
        }
    }

    private static let plurals: [Catalog.SecuredKind: String] = [
        .table: "tables", .sequence: "sequences", .routine: "routines", .type: "types", .schema: "schemas",
        .largeObject: "large objects",
    ]

    // MARK: Objects

    private func belongs(_ kind: Catalog.SecuredKind, _ stage: Stage, ofOwners: Bool) -> Bool {
        let isLate = ofOwners && kind == .materializedView
        return switch stage {
        case .all: true
        case .early: !isLate
        case .late: isLate || !(exclusions.aggregates ?? []).isEmpty
        case .eventTriggers: kind == .eventTrigger
        }
    }

    /// Migrated objects with what they are on the target; those that are not there were left out on the way.
    private func pairs() -> [(Catalog.Secured, Catalog.Secured)] {
        let there = Dictionary(target.objects.map { (Key($0), $0) }) { first, _ in first }
        // Tables that were on the target before keep what they have there.
        let excluded = Set(exclusions.objects + (exclusions.present ?? []))
        let schemas = Set(exclusions.schemas)
        return source.objects.compactMap { object in
            guard !excluded.contains(ExcludedObject(catalog: object.id.catalog, oid: object.id.oid)),
                object.schema.map({ !schemas.contains($0) }) ?? true
            else { return nil }
            return there[Key(object)].map { (object, $0) }
        }
    }

    private struct Key: Hashable {
        var kind: Catalog.SecuredKind
        var name: String
        init(_ object: Catalog.Secured) {
            kind = object.kind
            name = object.kind == .database ? "" : object.name
        }
    }
}

extension PrivilegeChanges {
    /// As `wanted`, of an entry of default privileges, whose owner is the role that they are for.
    fileprivate func wantedDefaults(_ entry: Catalog.Secured, on there: Catalog.Secured) -> Wanted {
        var entry = entry
        var there = there
        // Schemas' defaults are no schema that was there before.
        if entry.kind == .schema {
            entry.kind = .type
            there.kind = .type
            return mappedDefaults(entry, there, known: ["USAGE", "CREATE"])
        }
        return wanted(entry, on: there)
    }

    private func mappedDefaults(_ entry: Catalog.Secured, _ there: Catalog.Secured, known: Set<String>) -> Wanted {
        var result = Wanted()
        for var privilege in entry.privileges ?? [] where known.contains(privilege.name) {
            privilege.grantor = there.owner
            if privilege.grantee == entry.owner { privilege.grantee = there.owner }
            if let grantee = privilege.grantee, !roles.contains(grantee) {
                result.missing.insert(grantee)
                continue
            }
            result.privileges.insert(privilege)
        }
        return result
    }

    fileprivate func present(_ there: Catalog.Secured) -> Set<Catalog.Privilege> {
        there.privileges.map(Set.init)
            ?? PrivilegeRules.defaults(there.kind, owner: there.owner, version: targetVersion)
    }
}
