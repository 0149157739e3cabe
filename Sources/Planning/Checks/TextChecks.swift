import Catalog
import PlanFile

/// Whether text means, and sorts, the same on both sides.
enum TextChecks {
    static let all = [encoding, locale, collationVersion, missingCollations]

    private static let encoding = Check(
        "SK222", "The databases' encodings differ",
        """
        Rows travel as UTF-8. A target in UTF8 can hold what any encoding holds; a target in a narrower one refuses \
        the first character it lacks, in the middle of the copy. A source in SQL_ASCII knows no encoding: its bytes \
        were never checked, and rows that are not valid UTF-8 are refused when they are read.
        """
    ) { context, findings in
        let (source, target) = (context.source.server, context.target.server)
        guard source.encoding != target.encoding else { return }
        let both = "the source's encoding is \(source.encoding), the target's \(target.encoding)"
        let create =
            "create database \(QualifiedName.quoted(target.database)) encoding 'UTF8' template template0;"
        if source.encoding == "SQL_ASCII" {
            findings.add(
                .warning, both,
                why: "An SQL_ASCII database holds bytes that nobody checked; rows that are not valid UTF-8 fail.",
                cure: "if texts are in another encoding, find and correct them before the migration",
                at: Side.source.location(context))
        } else if target.encoding == "SQL_ASCII" {
            findings.add(
                .warning, both, why: "An SQL_ASCII database checks and converts nothing: texts arrive as UTF-8 bytes.",
                cure: "make the target database anew, with the encoding UTF8: in another database of the target",
                statement: create, at: Side.target.location(context))
        } else if target.encoding != "UTF8" || source.encoding == "MULE_INTERNAL" {
            findings.add(
                .error, both, why: "Characters that the target's encoding lacks would fail in the middle of the copy.",
                cure: "make the target database anew, with the encoding UTF8: in another database of the target",
                statement: create, at: Side.target.location(context))
        }
    }

    private static let locale = Check(
        "SK223", "The databases' collations differ",
        """
        The database's collation decides the order of text, what `lower` and `ILIKE` do, and which range partition a \
        text belongs to. Indexes are built anew on the target, so nothing breaks, but queries may return another \
        order, and rows of a table that is partitioned by ranges of text may find no partition.
        """
    ) { context, findings in
        let (source, target) = (context.source.server, context.target.server)
        let (one, other) = (LocaleOfDatabase(source), LocaleOfDatabase(target))
        guard one != other else { return }
        findings.add(
            .warning, "the source's collation is \(one.words), the target's \(other.words)",
            why: "Text may sort and compare case differently on the target.",
            cure: "if the order of text matters, make the target database anew: in another database of the target",
            statement: "create database \(QualifiedName.quoted(target.database)) template template0 "
                + "encoding 'UTF8' \(one.clauses(on: target));",
            at: Side.target.location(context))
    }

    private static let collationVersion = Check(
        "SK224", "The collation's versions differ",
        """
        Both databases use the same collation, from different versions of the operating system's or ICU's library, \
        which may sort some texts differently. Indexes are built anew on the target and are right there. Where keys \
        are text, it is worth a look: what the source's index, if it is older than its library, let in twice, a unique \
        index of the target refuses. Never copy data directories between such machines.
        """
    ) { context, findings in
        let (source, target) = (context.source.server, context.target.server)
        guard LocaleOfDatabase(source) == LocaleOfDatabase(target), let one = source.collationVersion,
            let other = target.collationVersion, one != other
        else { return }
        let keyed = textKeys(context)
        findings.add(
            keyed.isEmpty ? .note : .warning,
            "the collation \(source.collate) has version \(one) on the source and \(other) on the target",
            why: "Some texts may sort differently. Indexes are built anew on the target, so they are right there."
                + (keyed.isEmpty ? "" : " Keys that are text: \(Wording.list(keyed))."),
            cure: keyed.isEmpty
                ? nil
                : "see that the source's indexes are in order: run there (amcheck), or reindex them",
            statement: keyed.isEmpty
                ? nil
                : "create extension if not exists amcheck; select bt_index_check(\(Piece.literal(keyed[0]))::regclass);",
            at: Side.target.location(context))
    }

    /// Unique indexes of the source over texts in the database's own collation.
    private static func textKeys(_ context: CheckContext) -> [String] {
        context.relations.filter { $0.kind == .table }.flatMap { relation in
            context.indexes(of: relation).filter { index in
                index.isUnique
                    && index.keys.contains { key in
                        relation.columns.contains { $0.number == key.column && $0.collation == "default" }
                    }
            }
            .map(\.name.description)
        }
    }

    private static let missingCollations = Check(
        "SK225", "A column's collation is missing on the target",
        """
        Collations of the operating system are known to a database only where the system has them when the server is \
        set up. A table whose column has one that the target lacks cannot be created there. Install the locale on the \
        target's machine and run `pg_import_system_collations`, or change the column's collation on the source.
        """
    ) { context, findings in
        let known = Set(context.target.server.collations)
        guard !known.isEmpty else { return }
        // Collations outside pg_catalog are named with their schema, and are made with the user's other objects.
        let own = context.source.schemas.map { QualifiedName.quotedIfNeeded($0.name) + "." }
        var answers: [String: Bool] = [:]
        func isMissing(_ name: String) -> Bool {
            if let answer = answers[name] { return answer }
            let answer = name != "default" && !known.contains(name) && !own.contains { name.hasPrefix($0) }
            answers[name] = answer
            return answer
        }
        var columns: [String: [String]] = [:]
        for relation in context.relations where relation.kind != .view {
            for column in relation.columns {
                guard let name = column.collation, isMissing(name) else { continue }
                columns[name, default: []].append("\(relation.name).\(QualifiedName.quotedIfNeeded(column.name))")
            }
        }
        let profile = context.provider(.target).profile
        for (name, users) in columns.sorted(by: { $0.key < $1.key }) {
            findings.add(
                .error, "the target has no collation \(QualifiedName.quoted(name))",
                why: "These columns have it: \(Wording.list(users)).",
                cure: profile.isManaged
                    ? "give the columns a collation on the source that \(profile.name) offers (`select collname from "
                        + "pg_collation`), or ask its support"
                    : "install the locale on the target's machine, then run in the target database as a superuser",
                statement: profile.isManaged ? nil : "select pg_import_system_collations('pg_catalog');",
                object: QualifiedName.quoted(name),
                at: Side.target.location(context))
        }
    }
}

/// How a database collates, comparable across operating systems' spellings.
private struct LocaleOfDatabase: Equatable {
    let provider: String
    let collate: String
    let ctype: String
    let locale: String?
    private let spelled: (collate: String, ctype: String)

    init(_ server: Catalog.Server) {
        provider = server.localeProvider
        locale = server.locale
        spelled = (server.collate, server.ctype)
        collate = Self.normal(server.collate)
        ctype = Self.normal(server.ctype)
    }

    static func == (left: Self, right: Self) -> Bool {
        guard left.provider == right.provider, left.locale == right.locale else { return false }
        return left.provider != "c" || (left.collate == right.collate && left.ctype == right.ctype)
    }

    /// `en_US.UTF-8` and `en_US.utf8` are the same, as are `C` and `POSIX`.
    private static func normal(_ name: String) -> String {
        let plain = name.lowercased().filter { $0 != "-" }
        return plain == "posix" ? "c" : plain
    }

    var words: String {
        switch provider {
        case "i": "\(locale ?? "?") (ICU)"
        case "b": "\(locale ?? "?") (builtin)"
        default: spelled.collate == spelled.ctype ? spelled.collate : "\(spelled.collate), ctype \(spelled.ctype)"
        }
    }

    /// What `create database` takes for it.
    func clauses(on server: Catalog.Server) -> String {
        let libc = "lc_collate \(Self.literal(spelled.collate)) lc_ctype \(Self.literal(spelled.ctype))"
        return switch provider {
        case "i": "locale_provider icu icu_locale \(Self.literal(locale ?? "und")) \(libc)"
        case "b" where server.major >= 17:
            "locale_provider builtin builtin_locale \(Self.literal(locale ?? "C")) \(libc)"
        default: libc
        }
    }

    private static func literal(_ text: String) -> String { Piece.literal(text) }
}
