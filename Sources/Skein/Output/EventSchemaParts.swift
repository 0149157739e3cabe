import Execution
import PlanFile
import Planning

/// What events are made of: the schemas of their keys.
enum EventSchemaParts {
    /// Shared definitions, in the document's order.
    static let all: [JSONText.Member] = [
        .init(name: "time", value: ["description": "UTC, ISO 8601 with milliseconds.", "type": "string"]),
        .init(name: "diagnostic", value: diagnostic),
        .init(name: "following", value: following),
        .init(name: "summary", value: summary),
        .init(name: "cutover", value: cutover),
        .init(name: "todo", value: todo),
    ]

    /// The schema of an event's key. The same key means the same in every kind of event but for `seconds`.
    static func key(_ name: String, of kind: String) -> JSONText {
        switch name {
        case "task": text("The task's id, as `skein plan` lists it.")
        case "tasks": integer("Tasks in all.")
        case "done": integer("Tasks that are done, by earlier runs too.")
        case "running": integer("Tasks under way.")
        case "attempt": integer("Which try of this run it is.")
        case "rows": integer("Rows copied or compared.")
        case "bytes": integer("Bytes of rows.")
        case "seconds": number(seconds(of: kind))
        case "text": text("For people, in a line. Holds no passwords and no rows.")
        case "copied_bytes": integer("Row data copied in this run and before, bytes.")
        case "total_bytes": integer("What is to be copied in all, bytes, as estimated.")
        case "bytes_per_second": number("Over the last seconds.")
        case "unchanged", "kept": ["type": "boolean"]
        case "following": ["$ref": "#/definitions/following"]
        case "diagnostics": list("#/definitions/diagnostic")
        case "summary": ["$ref": "#/definitions/summary"]
        case "exit_code": ["description": "Of the command.", "enum": [0, 1, 2, 3, 4]]
        case "result": ["enum": .array(EndDocument.Result.allCases.map { .string($0.rawValue) })]
        default: [:]
        }
    }

    private static func seconds(of kind: String) -> String {
        switch kind {
        case "finished": "What the task took."
        case "retrying": "Until the next try."
        case "stalled": "For how long nothing has moved."
        case "progress": "Since the run began."
        case "cutover-completed": "The downtime, from the fence to the end."
        default: "What this run took."
        }
    }

    private static let diagnostic = object(
        "A finding, such as a check's.",
        required: [
            ("severity", ["enum": .array(Diagnostic.Severity.allCases.map { .string($0.rawValue) })]),
            ("code", ["description": "See schemas/codes.md.", "type": "string", "pattern": "^SK[0-9]{3}$"]),
            ("summary", text("One line: what is wrong.")),
        ],
        optional: [
            ("detail", text("Why, and what it leads to.")), ("cure", text("What to do about it.")),
            ("statement", text("To be pasted.")), ("object", text("The database object, as in SQL.")),
            (
                "location",
                object(
                    "Where in the plan it comes from.",
                    required: [("file", text("")), ("line", integer("From 1.")), ("column", integer("From 1."))])
            ),
        ])

    private static let following = object(
        "Where following the source stands.",
        required: [
            ("phase", ["enum": ["receiving", "catching-up", "following", "draining", "drained"]]),
            ("source_end", text("Positions as PostgreSQL writes them: the source's end of WAL.")),
            ("received", text("How far the stream was received.")),
            ("durable", text("How far it is safe on this side.")),
            ("applied", text("How far it is applied.")),
            ("lag_bytes", integer("WAL of the source that is not applied.")),
            ("lag_seconds", number("How old the oldest change is that is not applied; 0 when everything is.")),
            ("source_bytes_per_second", number("WAL written on the source.")),
            ("applied_bytes_per_second", number("WAL applied.")),
            ("changes_per_second", number("Row changes applied.")),
            ("applied_transactions", integer("Since the migration began.")),
            ("applied_changes", integer("Since the migration began.")),
            ("spool_bytes", integer("Changes kept on this machine.")),
        ],
        optional: [
            ("retained_bytes", integer("WAL that the source keeps for the slot.")),
            ("seconds_to_catch_up", number("At these rates; absent where the lag grows, or is gone.")),
            ("paused", text("Why receiving pauses.")),
        ])

    private static let summary = object(
        "What the finished migration came to, all its runs together.",
        required: [
            ("tables", integer("")), ("rows", integer("")), ("bytes", integer("")),
            ("verify", ["enum": .array(Plan.Cutover.Verify.allCases.map { .string($0.rawValue) })]),
            (
                "warnings",
                [
                    "type": "array",
                    "items": object("", required: [("task", text("")), ("text", text(""))]),
                ]
            ),
        ],
        optional: [
            ("started", text("Timestamps as PostgreSQL writes them, UTC.")), ("finished", text("")),
            ("applied_changes", integer("Live: changes applied since the copy.")),
            ("cutover", ["$ref": "#/definitions/cutover"]), ("todo", ["$ref": "#/definitions/todo"]),
        ])

    private static let cutover = object(
        "What the cutover took, and what it leaves to do.",
        required: [
            ("fence", ["enum": .array(Plan.Cutover.Fence.allCases.map { .string($0.rawValue) })]),
            ("requested", text("When the gate was opened.")),
            ("downtime_seconds", number("From the beginning of the fence to the completion.")),
            (
                "parts",
                [
                    "type": "array",
                    "items": object(
                        "Some run side by side.", required: [("name", text("")), ("seconds", number(""))]),
                ]
            ),
            ("late_changes", integer("Row changes on the source behind the marker.")),
            ("warnings", ["type": "array", "items": ["type": "string"]]),
            ("refreshes", texts("Statements for materialized views that were skipped.")),
            ("invalid_keys", texts("Statements for foreign keys that stay NOT VALID.")),
        ],
        optional: [("lift_fence", text("The statement that lifts the fence on the source."))])

    private static let todo = object(
        "Of roles, owners and privileges what is left to a person.",
        required: [
            ("statements", integer("")), ("passwords", integer("")),
            (
                "items",
                [
                    "type": "array",
                    "items": object("", required: [("task", text("")), ("sql", text("")), ("why", text(""))]),
                ]
            ),
        ],
        optional: [("file", text("Where it is written."))])

    // MARK: Types

    private static func object(
        _ about: String, required: [(String, JSONText)], optional: [(String, JSONText)] = [],
    ) -> JSONText {
        described(
            about,
            [
                ("type", "object"), ("required", .array(required.map { .string($0.0) })),
                ("properties", .object((required + optional).map { .init(name: $0.0, value: $0.1) })),
            ])
    }

    private static func text(_ about: String) -> JSONText { described(about, [("type", "string")]) }
    private static func integer(_ about: String) -> JSONText { described(about, [("type", "integer")]) }
    private static func number(_ about: String) -> JSONText { described(about, [("type", "number")]) }
    private static func list(_ reference: String) -> JSONText {
        ["type": "array", "items": ["$ref": .string(reference)]]
    }
    private static func texts(_ about: String) -> JSONText {
        described(about, [("type", "array"), ("items", ["type": "string"])])
    }

    private static func described(_ about: String, _ members: [(String, JSONText)]) -> JSONText {
        let head: [(String, JSONText)] = about.isEmpty ? [] : [("description", .string(about))]
        return .object((head + members).map { .init(name: $0.0, value: $0.1) })
    }
}
