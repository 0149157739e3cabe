import Catalog
import PlanFile

/// Columns whose values may not mean on the target what they mean on the source.
enum ValueChecks {
    static let all = [objectNumbers, objectNames, removedTypes]

    private static let oid: OID = 26
    /// `regproc`, `regprocedure`, `regoper`, `regoperator`, `regclass`, `regtype`, `regconfig`, `regdictionary`,
    /// `regnamespace`, `regrole`, `regcollation`.
    private static let registered: Set<OID> = [24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191]
    /// `abstime`, `reltime`, `tinterval`: gone in PostgreSQL 12. `unknown` may be no column's type since 10.
    private static let removed: Set<String> = ["abstime", "reltime", "tinterval"]

    /// The types at the bottom of a column's: through domains, arrays and composites.
    private static func bottom(of type: OID, _ types: [OID: Catalog.DataType]) -> Set<OID> {
        var (found, queue): (Set<OID>, [OID]) = ([], [type])
        while let next = queue.popLast() {
            guard found.insert(next).inserted, let type = types[next] else { continue }
            queue += [type.element, type.base].compactMap(\.self) + type.attributes
        }
        return found
    }

    /// `public.t.c` of every copied column whose type's parts satisfy `predicate`.
    private static func columns(
        _ context: CheckContext, where predicate: (Set<OID>) -> Bool,
    ) -> [String] {
        var answers: [OID: Bool] = [:]
        return context.copied.flatMap { relation in
            relation.columns.filter { column in
                if let known = answers[column.type] { return known }
                let answer = predicate(bottom(of: column.type, context.source.types))
                answers[column.type] = answer
                return answer
            }
            .map { "\(relation.name).\(QualifiedName.quotedIfNeeded($0.name))" }
        }
    }

    private static let objectNumbers = Check(
        "SK412", "Columns hold object numbers",
        """
        A column of type `oid` holds numbers that name objects of the source: tables, functions, roles. On the target \
        the same objects have other numbers, and the copied ones name nothing, or something else. Large objects are \
        the exception: they keep their numbers.
        """
    ) { context, findings in
        let columns = columns(context) { $0.contains(oid) }
        guard let first = columns.first else { return }
        let hasLargeObjects = context.source.largeObjectCount > 0
        findings.add(
            .warning, "of type oid: \(Wording.list(columns))",
            why: "The numbers are copied as they are; objects have other numbers on the target"
                + (hasLargeObjects ? ", except large objects, which keep theirs." : "."),
            cure: hasLargeObjects
                ? "nothing, where the columns name large objects" : "see what reads these columns after the switch",
            object: first)
    }

    private static let objectNames = Check(
        "SK413", "Columns hold names of objects",
        """
        Columns of the `reg…` types (`regclass`, `regproc`, `regrole` …) hold object numbers that are shown as names. \
        They travel as names, and each name must exist on the target when the row arrives: tables, types and functions \
        do, while indexes and constraints come after the rows.
        """
    ) { context, findings in
        let columns = columns(context) { !$0.isDisjoint(with: registered) }
        guard let first = columns.first else { return }
        findings.add(
            .warning, "of types that name objects: \(Wording.list(columns))",
            why: "They are copied as names. A row that names an index, an excluded object or a role that the target "
                + "lacks would be refused.",
            cure: "see that the named objects are migrated, or skip the rows with `copy.skip-table-data`",
            object: first)
    }

    private static let removedTypes = Check(
        "SK414", "Columns have types that the target no longer knows",
        """
        The types `abstime`, `reltime` and `tinterval` were removed in PostgreSQL 12. A table that has such a column \
        cannot be created on a newer target: change the column's type on the source first.
        """
    ) { context, findings in
        guard context.target.server.major >= 12 else { return }
        for relation in context.relations {
            for column in relation.columns {
                guard let type = context.source.types[column.type], type.schema == "pg_catalog",
                    removed.contains(type.name)
                else { continue }
                let (to, name) = (
                    type.name == "abstime" ? "timestamptz" : type.name == "reltime" ? "interval" : "text",
                    QualifiedName.quoted(column.name)
                )
                findings.add(
                    .error,
                    "\(relation.name).\(QualifiedName.quotedIfNeeded(column.name)) has the type \(type.name), which "
                        + "PostgreSQL \(context.target.server.major) does not know",
                    why: "It was removed in PostgreSQL 12.", cure: "run on the source",
                    statement: "alter table \(relation.name.sql) alter column \(name) type \(to);",
                    object: relation.name.description)
            }
        }
    }
}
