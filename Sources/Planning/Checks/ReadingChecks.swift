import Catalog
import PlanFile

/// Whether the connected role sees every row of the source that the plan moves.
enum ReadingChecks {
    static let all = [tables, rowSecurity, sequences]

    /// Whether the server would apply row security policies to the connected role.
    private static func isHeldBack(from relation: Catalog.Relation, _ server: Catalog.Server) -> Bool {
        guard relation.hasRowSecurity, !server.bypassesRowSecurity, !server.isSuperuser else { return false }
        let isOwner = relation.owner == server.user || server.roleMemberships.contains(relation.owner)
        return !isOwner || relation.forcesRowSecurity
    }

    private static let tables = Check(
        "SK401", "A selected table may not be read",
        """
        The connected role lacks the SELECT right on a table (or USAGE on its schema), so neither pg_dump nor the copy \
        could read it. Grant it, connect as the owner, or leave the table out with `select.tables.exclude`. Since \
        PostgreSQL 14, membership in `pg_read_all_data` grants all of it at once.
        """
    ) { context, findings in
        let server = context.source.server
        // A view is defined, never read.
        let refused = context.readRelations.filter { relation in
            relation.kind != .view && !relation.isReadable && !isHeldBack(from: relation, server)
        }
        for (schema, tables) in bySchema(refused, \.name) {
            report(tables.map(\.name), of: schema, "table", context, &findings)
        }
    }

    private static func bySchema<Item>(_ items: [Item], _ name: KeyPath<Item, QualifiedName>) -> [(String, [Item])] {
        Dictionary(grouping: items) { $0[keyPath: name].schema }.sorted { $0.key < $1.key }
    }

    /// One finding for each of a few objects, one for all of many.
    private static func report(
        _ names: [QualifiedName], of schema: String, _ noun: String, _ context: CheckContext,
        _ findings: inout Findings,
    ) {
        let role = QualifiedName.quotedIfNeeded(context.source.server.user)
        let user = QualifiedName.quoted(context.source.server.user)
        let usage = "grant usage on schema \(QualifiedName.quoted(schema)) to \(user);"
        guard names.count <= 10 else {
            let object = QualifiedName.quotedIfNeeded(schema)
            findings.add(
                .error,
                "role \(role) may not read \(names.count) \(noun)s of schema \(object): "
                    + Wording.list(names.map(\.description)),
                why: "It lacks SELECT on them or USAGE on the schema.", cure: "run on the source as their owner",
                statement:
                    "\(usage) grant select on all \(noun)s in schema \(QualifiedName.quoted(schema)) to \(user);",
                object: object)
            return
        }
        for name in names {
            let exclusion =
                noun == "table"
                ? "leave the table out (`select: {tables: {exclude: [\(Wording.yaml(name))]}}`), or " : ""
            findings.add(
                .error, "role \(role) may not read \(noun) \(name)",
                why: "It lacks SELECT on the \(noun) or USAGE on its schema.",
                cure: exclusion + "run on the source as its owner",
                statement: "\(usage) grant select on \(noun == "table" ? "" : "sequence ")\(name.sql) to \(user);",
                object: name.description)
        }
    }

    private static let rowSecurity = Check(
        "SK402", "Row security would hide rows from the copy",
        """
        Policies of a table apply to every role that is neither its owner (nor owner with `force row level security`), \
        nor a superuser, nor has BYPASSRLS. A copy read through them would silently lack the rows they hide; Skein \
        sets `row_security = off`, so that the server refuses instead. Give the role BYPASSRLS or connect as the owner.
        """
    ) { context, findings in
        let server = context.source.server
        let user = QualifiedName.quoted(server.user)
        let profile = context.provider(.source).profile
        for relation in context.copied where isHeldBack(from: relation, server) {
            let owner = QualifiedName.quotedIfNeeded(relation.owner)
            let cure: (words: String, statement: String) =
                profile.mayHave(.bypassrls)
                ? (
                    (relation.forcesRowSecurity ? "" : "connect as the owner, \(owner), or ")
                        + "run on the source as a superuser",
                    "alter role \(user) bypassrls;"
                )
                // No role of a customer's passes policies there, but a member of the owner does.
                : relation.forcesRowSecurity
                    ? (
                        "connect as the owner, \(owner), or a member of it, and run on the source as that for the time "
                            + "of the migration",
                        "alter table \(relation.name.sql) no force row level security;"
                    )
                    : (
                        "connect as the owner, \(owner), or run on the source as \(profile.strongestRole)",
                        "grant \(QualifiedName.quoted(relation.owner)) to \(user);"
                    )
            findings.add(
                .error,
                "row security hides rows of \(relation.name) from role "
                    + QualifiedName.quotedIfNeeded(server.user),
                why: relation.forcesRowSecurity
                    ? "The table forces its policies even on its owner." : "The role is not the table's owner.",
                cure: cure.words, statement: cure.statement, object: relation.name.description)
        }
    }

    private static let sequences = Check(
        "SK403", "A selected sequence may not be read",
        """
        The value of a sequence is copied at the end of a migration, which needs the SELECT right on it.
        """
    ) { context, findings in
        let refused = context.source.sequences.filter { sequence in
            context.selected.sequences.contains(sequence.oid) && !sequence.isReadable
        }
        for (schema, sequences) in bySchema(refused, \.name) {
            report(sequences.map(\.name), of: schema, "sequence", context, &findings)
        }
    }
}
