package import Catalog
private import FoundationEssentials
package import PlanFile

/// A job of TimescaleDB's scheduler, as the statement that makes it again.
package struct JobDefinition: Sendable, Codable, Equatable {
    /// On the source, for messages.
    package var id: Int
    /// `retention policy of public.readings`.
    package var name: String
    /// `policy_retention`.
    package var procedure: String
    /// What it works on; nil of a job of the user's own.
    package var subject: QualifiedName?
    /// A call that makes the job and yields its id; its function is in the schema that holds the extension.
    package var call: String
    /// Arguments of `alter_job` behind the id.
    package var alteration: String

    /// The statement, for the schema that holds the extension.
    package func statement(extensionSchema: String) -> String {
        let schema = QualifiedName.quoted(extensionSchema)
        return "select \(schema).alter_job(\(schema).\(call), \(alteration))"
    }
}

extension JobDefinition {
    /// Nil of a job that TimescaleDB has no function for: it is named, and left to the user.
    package init?(_ job: Catalog.Job) {
        let config = JobConfig(job.config)
        let isPolicy = job.procedure.schema.hasPrefix("_timescaledb_")
        let subject = isPolicy ? job.subject : nil
        let start = job.initialStart.map { ", initial_start => \(Piece.literal($0))::timestamptz" } ?? ""
        let every = "schedule_interval => \(Piece.literal(job.scheduleInterval))::interval"
        switch (job.procedure.name, subject) {
        case ("policy_retention", let table?) where isPolicy:
            guard let age = config.age("drop_after", orSince: ("drop_created_before", "drop_created_before")) else {
                return nil
            }
            name = "retention policy of \(table)"
            call = "add_retention_policy(\(Self.regclass(table)), \(age), \(every)\(start))"
        case ("policy_compression", let table?) where isPolicy:
            guard
                let age = config.age("compress_after", orSince: ("compress_created_before", "compress_created_before"))
            else { return nil }
            name = "columnstore policy of \(table)"
            call = "add_compression_policy(\(Self.regclass(table)), \(age), \(every)\(start))"
        case ("policy_reorder", let table?) where isPolicy:
            guard let index = config.text("index_name") else { return nil }
            name = "reorder policy of \(table)"
            call = "add_reorder_policy(\(Self.regclass(table)), \(Piece.literal(index))\(start))"
        case ("policy_refresh_continuous_aggregate", let view?) where isPolicy:
            name = "refresh policy of \(view)"
            let offsets = ["start_offset", "end_offset"].map { "\($0) => \(config.value($0) ?? "null")" }
            call =
                "add_continuous_aggregate_policy(\(Self.regclass(view)), \(offsets.joined(separator: ", ")), "
                + "\(every)\(start))"
        case _ where !isPolicy:
            name = "job \(job.id), \(job.procedure)"
            let settings = job.config.map { ", config => \(Piece.literal($0))::jsonb" } ?? ""
            let check =
                job.checkProcedure.map { ", check_config => \(Piece.literal($0.sql))::pg_catalog.regproc" } ?? ""
            call =
                "add_job(\(Piece.literal(job.procedure.sql))::pg_catalog.regproc, "
                + "\(every)\(settings)\(start)\(check), fixed_schedule => \(job.isFixedSchedule))"
        default: return nil
        }
        id = job.id
        procedure = job.procedure.name
        self.subject = subject
        alteration = Self.alteration(job, every)
    }

    private static func alteration(_ job: Catalog.Job, _ every: String) -> String {
        var arguments = [every, "max_retries => \(job.maxRetries)", "scheduled => \(job.isScheduled)"]
        if let runtime = job.maxRuntime { arguments.append("max_runtime => \(Piece.literal(runtime))::interval") }
        if let period = job.retryPeriod { arguments.append("retry_period => \(Piece.literal(period))::interval") }
        return arguments.joined(separator: ", ")
    }

    private static func regclass(_ table: QualifiedName) -> String {
        "\(Piece.literal(table.sql))::pg_catalog.regclass"
    }
}

/// A policy's settings: an object of texts and numbers.
private struct JobConfig {
    private enum Value: Decodable {
        case text(String)
        case integer(Int64)
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                self = .integer(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .other
            }
        }
    }
    private let values: [String: Value]

    init(_ json: String?) {
        values = json.flatMap { try? JSONDecoder().decode([String: Value].self, from: Data($0.utf8)) } ?? [:]
    }

    func text(_ key: String) -> String? { if case .text(let text)? = values[key] { text } else { nil } }

    /// As SQL: an interval, or a number for integer time.
    func value(_ key: String) -> String? {
        switch values[key] {
        case .text(let text): "\(Piece.literal(text))::interval"
        case .integer(let number): "\(number)::bigint"
        case .other, nil: nil
        }
    }

    /// `drop_after => …`, or the age since a chunk was made.
    func age(_ key: String, orSince other: (key: String, argument: String)) -> String? {
        if let value = value(key) { return "\(key) => \(value)" }
        return value(other.key).map { "\(other.argument) => \($0)" }
    }
}
