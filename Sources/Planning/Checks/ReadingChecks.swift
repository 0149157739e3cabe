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
        let user = QualifiedName.quoted(server.user)
        for relation in context.relations where !relation.isReadable && !isHeldBack(from: relation, server) {
            // A view is defined, never read.
            guard relation.kind != .view else { continue }
            findings.add(
                .error, "role \(QualifiedName.quotedIfNeeded(server.user)) may not read \(relation.name)",
                why: "It lacks SELECT on the table or USAGE on its schema.",
                cure: "run on the source as the owner, \(QualifiedName.quotedIfNeeded(relation.owner)), or leave the "
                    + "table out: `select: {tables: {exclude: [\(Wording.yaml(relation.name))]}}`",
                statement: "grant usage on schema \(QualifiedName.quoted(relation.name.schema)) to \(user); "
                    + "grant select on \(relation.name.sql) to \(user);",
                object: relation.name.description)
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
        for relation in context.relations where context.copiesRows(of: relation) && isHeldBack(from: relation, server) {
            findings.add(
                .error,
                "row security hides rows of \(relation.name) from role \(QualifiedName.quotedIfNeeded(server.user))",
                why: relation.forcesRowSecurity
                    ? "The table forces its policies even on its owner." : "The role is not the table's owner.",
                cure: "run on the source as a superuser"
                    + (relation.forcesRowSecurity
                        ? "" : ", or connect as the owner, \(QualifiedName.quotedIfNeeded(relation.owner))"),
                statement: "alter role \(user) bypassrls;", object: relation.name.description)
        }
    }

    private static let sequences = Check(
        "SK403", "A selected sequence may not be read",
        """
        The value of a sequence is copied at the end of a migration, which needs the SELECT right on it.
        """
    ) { context, findings in
        let server = context.source.server
        let user = QualifiedName.quoted(server.user)
        for sequence in context.source.sequences
        where context.selected.sequences.contains(sequence.oid) && !sequence.isReadable {
            findings.add(
                .error, "role \(QualifiedName.quotedIfNeeded(server.user)) may not read sequence \(sequence.name)",
                why: "It lacks SELECT on the sequence or USAGE on its schema.",
                cure: "run on the source as the owner",
                statement: "grant usage on schema \(QualifiedName.quoted(sequence.name.schema)) to \(user); "
                    + "grant select on sequence \(sequence.name.sql) to \(user);",
                object: sequence.name.description)
        }
    }
}
