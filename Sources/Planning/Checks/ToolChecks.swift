import Catalog
import PlanFile

/// pg_dump, which reads the schema: PostgreSQL's own knowledge, as a program on the migration machine.
enum ToolChecks {
    static let all = [missing, older, newer]

    private static let missing = Check(
        "SK301", "No pg_dump was found",
        """
        The schema is read by pg_dump, of at least the source's major version, which must be installed on the machine \
        that runs Skein: on PATH, or in Debian's `/usr/lib/postgresql/NN/bin`.
        """
    ) { context, findings in
        guard context.machine.dumpTools.isEmpty else { return }
        let major = context.source.server.major
        findings.add(
            .error, "no pg_dump was found on this machine",
            why: "It reads the source's schema. PATH and /usr/lib/postgresql/*/bin were searched.",
            cure: "install PostgreSQL \(major)'s client, or a newer one, on Debian with",
            statement: "apt-get install postgresql-client-\(major)", object: "pg_dump")
    }

    private static let older = Check(
        "SK302", "pg_dump is older than the source",
        """
        pg_dump refuses servers newer than itself, because it would miss what they added. Install the client package \
        of the source's major version; several versions can be installed side by side.
        """
    ) { context, findings in
        let major = context.source.server.major
        let tools = context.machine.dumpTools
        guard !tools.isEmpty, tools.allSatisfy({ $0.major < major }) else { return }
        findings.add(
            .error, "every pg_dump here is older than the source, which runs PostgreSQL \(major)",
            why: "Found: \(Wording.list(tools.map { "\($0.path) \($0.version)" })).",
            cure: "install PostgreSQL \(major)'s client, or a newer one, on Debian with",
            statement: "apt-get install postgresql-client-\(major)", object: "pg_dump")
    }

    private static let newer = Check(
        "SK303", "pg_dump is newer than the target",
        """
        A pg_dump writes what its own version understands. Skein leaves out the settings that an older target does not \
        know; still, the client of the source's or the target's version is the one that others have tried.
        """
    ) { context, findings in
        let target = context.target.server.major
        guard let tool = context.machine.dumpTool, tool.major > target, target >= context.source.server.major else {
            return
        }
        findings.add(
            .warning, "pg_dump \(tool.version) is newer than the target, which runs PostgreSQL \(target)",
            why: "\(tool.path) may write what the target does not know; Skein leaves out settings it knows of.",
            cure: "install the client of version \(target), on Debian with",
            statement: "apt-get install postgresql-client-\(target)", object: "pg_dump")
    }
}
