import Catalog
import PlanFile

/// What must hold of the target's server.
enum TargetServerChecks {
    static let all = [downgrade, tooOld, untested, ontoItself, standby, readOnly, eventTriggers]

    private static let downgrade = Check(
        "SK201", "The target is older than the source",
        """
        A database's definitions cannot be loaded into an older major version: statements, functions and types that \
        the older server does not know would fail in the middle. Use a target of at least the source's major version.
        """
    ) { context, findings in
        let (source, target) = (context.source.server, context.target.server)
        guard target.major < source.major else { return }
        findings.add(
            .error, "the target runs PostgreSQL \(target.serverVersion), the source \(source.serverVersion)",
            why: "A database cannot be moved to an older major version.",
            cure: "use a target with PostgreSQL \(source.major) or later", at: Side.target.location(context))
    }

    private static let tooOld = Check(
        "SK202", "The target's server is too old",
        """
        Skein writes to PostgreSQL 14 and later: the TimescaleDB releases whose rules Skein knows run on nothing older.
        """
    ) { context, findings in
        guard context.target.server.major < 14 else { return }
        findings.add(
            .error,
            "the target runs PostgreSQL \(context.target.server.serverVersion); 14 is the oldest supported target",
            cure: "use a newer target", at: Side.target.location(context))
    }

    private static let untested = Check(
        "SK203", "No test ran against the target's version",
        """
        Skein's tests run against PostgreSQL 17 and 18 as targets. Other versions are expected to work; rehearse the \
        migration and keep `cutover.verify: checksums`.
        """
    ) { context, findings in
        let server = context.target.server
        guard server.major >= max(14, context.source.server.major), server.major != 17, server.major != 18 else {
            return
        }
        findings.add(
            .warning, "no test ran with PostgreSQL \(server.major) as the target (it runs \(server.serverVersion))",
            why: "Skein's tests use PostgreSQL 17 and 18 as targets.",
            cure: "rehearse the migration once, with `cutover: {verify: checksums}`", at: Side.target.location(context))
    }

    static let ontoItself = Check(
        "SK204", "Source and target are the same database",
        """
        Both URIs lead to the same database of the same server (system identifier, timeline and name are equal), so a \
        migration would copy the database onto itself. One of the URIs is wrong, or a variable in it is.
        """
    ) { context, findings in
        let source = context.source.server
        guard context.isOntoItself, let identifier = source.systemIdentifier else { return }
        findings.add(
            .error, "source and target are the same database, \(QualifiedName.quotedIfNeeded(source.database))",
            why: "Both servers have the system identifier \(identifier).",
            cure: "correct source.uri or target.uri", at: Side.target.location(context))
    }

    private static let standby = Check(
        "SK205", "The target is a standby",
        "Nothing can be written to a standby. The target's URI must name the primary."
    ) { context, findings in
        guard context.target.server.inRecovery else { return }
        findings.add(
            .error, "the target is a standby: nothing can be written to it",
            cure: "let target.uri name the primary (`target_session_attrs=read-write` finds it)",
            at: Side.target.location(context))
    }

    private static let readOnly = Check(
        "SK206", "The target's sessions are read-only",
        """
        `default_transaction_read_only` is on for the target's server, database or role: often a provider's way to say \
        that the disk is nearly full, or what a `fence: read-only` of an earlier migration left. Skein's sessions set \
        it off for themselves, but applications would still be refused.
        """
    ) { context, findings in
        guard context.target.server.setting("default_transaction_read_only") == "on" else { return }
        let database = QualifiedName.quoted(context.target.server.database)
        findings.add(
            .warning, "default_transaction_read_only is on for the target",
            why:
                "Providers set it when a disk fills up; a fence leaves it. Applications could not write to the target.",
            cure: "find out why, then run on the target (where it was set for the role or the server, there)",
            statement: "alter database \(database) set default_transaction_read_only = off;",
            object: "default_transaction_read_only", at: Side.target.location(context))
    }

    private static let eventTriggers = Check(
        "SK207", "Event triggers on the target fire while the schema is made",
        """
        The target has event triggers of its own. They run for each statement that creates an object, and may refuse \
        or change it. Disable them for the time of the migration if they are not meant for it.
        """
    ) { context, findings in
        let disabled = Set(context.target.server.disabledEventTriggers)
        let names = context.target.eventTriggers.filter { !disabled.contains($0) }
        guard let first = names.first, !context.machine.hasOwnState else { return }
        findings.add(
            .warning, "the target has \(Wording.count(names.count, "event trigger")): \(Wording.list(names))",
            why: "They fire for what the migration creates.",
            cure: "disable what is not meant for the migration, and enable it afterwards: run on the target",
            statement: "alter event trigger \(QualifiedName.quoted(first)) disable;", object: first,
            at: Side.target.location(context))
    }
}
