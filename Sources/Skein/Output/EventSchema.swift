import Execution
import PlanFile

/// The JSON Schema (draft-07) of the lines that `migrate --json` prints: `skein schema events` prints it,
/// `schemas/events.schema.json` holds it, and a test holds real runs against it.
///
/// Within one version, kinds of events and keys are added and never changed or removed: readers skip what they do not
/// know.
enum EventSchema {
    /// Told by every event.
    static let version = 1

    /// One kind of event.
    struct Kind {
        var name: String
        var about: String
        /// Keys beside `event`, `version` and `time`, those that are always there and those that may be.
        var required: [String] = []
        var optional: [String] = []
    }

    /// In the order in which a run tells them.
    static let kinds = [
        Kind(
            name: "checked", about: "Before a new migration begins: what the checks said. Errors end the command.",
            required: ["diagnostics"]),
        Kind(name: "begun", about: "A new migration begins.", required: ["tasks", "done"]),
        Kind(name: "resumed", about: "A migration goes on where it was.", required: ["tasks", "done"]),
        Kind(name: "started", about: "A task begins; `attempt` counts from 1.", required: ["task", "attempt"]),
        Kind(
            name: "finished", about: "A task is done, for good.", required: ["task", "seconds"],
            optional: ["rows", "bytes"]),
        Kind(
            name: "retrying", about: "A task failed for a reason that may pass, and is tried again after `seconds`.",
            required: ["task", "text", "seconds"]),
        Kind(name: "failed", about: "A task failed, and waiting would not mend it.", required: ["task", "text"]),
        Kind(name: "warning", about: "A task that is done has something to tell.", required: ["task", "text"]),
        Kind(
            name: "snapshot-renewed",
            about: "Offline: the source is read under a new snapshot; `unchanged`: nothing was written since the last.",
            required: ["unchanged"]),
        Kind(
            name: "rechecked",
            about: "Offline: a finished piece was compared under the new snapshot; if not `kept`, it is copied again.",
            required: ["task", "kept"]),
        Kind(name: "stalled", about: "Nothing has moved for `seconds`, and why.", required: ["seconds", "text"]),
        Kind(
            name: "progress",
            about: "At most once a second: how far the run is. Bytes are of rows; totals are estimates.",
            required: ["done", "tasks", "running", "copied_bytes", "total_bytes", "bytes_per_second", "seconds"]),
        Kind(
            name: "following", about: "Live, at most once a second: where following the source stands.",
            required: ["following"]),
        Kind(name: "notice", about: "Live: something about the stream that a person should know.", required: ["text"]),
        Kind(name: "cutover-ready", about: "Live: everything is done that can be done before the cutover."),
        Kind(name: "cutover-begun", about: "Live: the cutover has begun; the downtime begins with its fence."),
        Kind(name: "cutover-abandoned", about: "Live: the cutover was given up; the migration follows again."),
        Kind(
            name: "cutover-completed", about: "Live: the target has taken over; `seconds` is the downtime.",
            required: ["seconds"]),
        Kind(
            name: "end", about: "Always the last line: how the command ended.",
            required: ["result", "exit_code", "diagnostics"], optional: ["seconds", "summary"]),
    ]

    /// The document, with a line feed at its end.
    static let text = document.text() + "\n"

    private static let document: JSONText = [
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Events of skein migrate --json",
        "description":
            "One JSON document a line. Within one version, kinds and keys are added, never changed: skip what is unknown.",
        "anyOf": .array(kinds.map { ["$ref": .string("#/definitions/event-" + $0.name)] }),
        "definitions": .object(
            kinds.map { JSONText.Member(name: "event-" + $0.name, value: schema(of: $0)) } + EventSchemaParts.all),
    ]

    private static func schema(of kind: Kind) -> JSONText {
        let common: [JSONText.Member] = [
            .init(name: "event", value: ["enum": [.string(kind.name)]]),
            .init(name: "version", value: ["enum": [.integer(Int64(version))]]),
            .init(name: "time", value: ["$ref": "#/definitions/time"]),
        ]
        let own = (kind.required + kind.optional).map {
            JSONText.Member(name: $0, value: EventSchemaParts.key($0, of: kind.name))
        }
        return [
            "description": .string(kind.about), "type": "object",
            "required": .array((["event", "version", "time"] + kind.required).map { .string($0) }),
            "properties": .object(common + own),
        ]
    }
}
