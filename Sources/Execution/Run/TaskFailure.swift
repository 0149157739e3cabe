package import Planning
private import PlanFile
private import Postgres

/// Why a task failed, as facts.
package struct TaskFailure: Error, Sendable, Equatable {
    package var task: String
    /// The object that the server names, or that the task is about.
    package var object: String?
    package var sqlState: String?
    package var message: String
    package var detail: String?
    package var cure: String?
    /// Tasks that could not run because of it.
    package var blocked = 0

    package init(task: String, message: String, cure: String? = nil, object: String? = nil) {
        self.task = task
        self.message = message
        self.cure = cure
        self.object = object
    }

    package init(_ task: MigrationTask, _ error: any Error) { self.init(task: task.id, error) }

    package init(task: String, _ error: any Error) {
        self.task = task
        let entry = (error as? SchemaRestoreError)?.entry
        switch (error as? SchemaRestoreError)?.error ?? (error as? ServerRefusal)?.error ?? error {
        case let change as SourceSchemaChanged:
            let more = change.objects.count > 10 ? " and \(change.objects.count - 10) more" : ""
            message =
                "the source's schema has changed since the migration began: "
                + change.objects.prefix(10).joined(separator: ", ") + more
            cure = "start over with --drop-if-exists"
        case let findings as DiagnosticsError:
            message = findings.diagnostics.map { finding in
                finding.summary + (finding.detail.map { ": \($0)" } ?? "")
            }.joined(separator: "; ")
            cure = findings.diagnostics.first?.cure
        case let trouble as SourceError:
            message = trouble.message
            cure = trouble.cure
        case let told as any ToldError:
            message = told.summary
            cure = told.cure
            object = told.object
        case let dump as PgDumpError: message = dump.description
        case PostgresError.server(let server):
            sqlState = server.sqlState
            message = server.message
            // A constraint's detail holds the row's values, which belong in no log.
            detail = server.sqlState.hasPrefix("23") ? nil : server.detail
            cure = Cure.of(sqlState: server.sqlState) ?? server.hint
            object = [server.schema, server.table, server.constraint ?? server.column].compactMap { $0 }
                .map(QualifiedName.quotedIfNeeded).joined(separator: ".")
            if object?.isEmpty == true { object = nil }
        case PostgresError.connect(let text, let state):
            sqlState = state
            message = text
        case PostgresError.connectionLost(let text): message = text.isEmpty ? "the connection was lost" : text
        case PostgresError.unexpected(let text): message = text
        case PostgresError.outOfMemory: message = "out of memory on this machine"
        default: message = String(describing: error)
        }
        object = entry ?? object
    }

    /// One line: what, on which object, with which SQLSTATE.
    package var text: String {
        let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        let place = object.map { message.hasPrefix($0 + ":") ? "" : " [\($0)]" } ?? ""
        // libpq goes on in new lines, indented by tabs.
        let lines = message.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
        return lines.joined(separator: "; ") + state + place
    }
}

extension Error {
    /// Whether the same work may succeed when it is tried again a little later.
    package var isTransient: Bool {
        switch self {
        case let error as PostgresError: error.isTransient
        case let refusal as ServerRefusal: refusal.error.isTransient
        case let trouble as SourceError: trouble.isTransient
        case let told as any ToldError: told.mayPass
        // A server that cannot be reached right now.
        case let findings as DiagnosticsError: findings.diagnostics.allSatisfy(ConnectDiagnostics.isTransient)
        case let error as SchemaRestoreError: error.error.isTransient
        // pg_dump tells an ended connection in words only; the source is asked again before it is run again.
        case let error as PgDumpError:
            if case .failed(_, _, let messages) = error {
                messages.contains(where: Self.tellsLostConnection)
            } else {
                false
            }
        default: false
        }
    }

    private static func tellsLostConnection(_ line: String) -> Bool {
        [
            "connection", "server closed", "terminating", "starting up", "shutting down", "recovery mode",
            "too many clients", "due to statement timeout", "due to lock timeout",
        ]
        .contains { line.contains($0) }
    }
}

/// What to do about the errors that users of this field meet.
private enum Cure {
    static func of(sqlState: String) -> String? {
        switch sqlState {
        case "42501": "grant the role what the message names, or connect as a role that has it"
        case "53100": "the target's disk is full: make room, then run the same command again"
        case "53200":
            "the server ran out of memory: lower copy.index-jobs, or raise max_locks_per_transaction where the message names locks"
        case "53300": "too many connections: lower copy.table-jobs and copy.index-jobs, or raise max_connections"
        case "23505":
            "rows that the source holds twice, or that were in the target table before: empty it, or exclude the index"
        case "42P01", "42703", "42704", "42883", "3F000":
            "what was there before is missing on the source or the target: put it back, or start over with --drop-if-exists"
        case "42P07", "42710", "42723":
            "the target holds it already: run migrate with --drop-if-exists, or exclude it in select"
        case "22021", "22P05":
            "the target's encoding cannot hold the value: create the target database with the source's encoding"
        case "0A000": "the target cannot do this: exclude the object in select, or change the plan"
        default: nil
        }
    }
}

/// A comparison found differences: not a failure of the run, but its result.
package struct Differs: Error, Sendable {
    package var text: String
}
