import Execution
import PlanFile
import Planning

/// What a finished migration came to, from its state: all its runs together.
struct RunSummary: Encodable {
    struct Warning: Encodable {
        var task: String
        var text: String
    }

    var tables: Int
    var rows: Int64
    var bytes: Int64
    /// Timestamps as text, UTC.
    var started: String?
    var finished: String?
    var verify: Plan.Cutover.Verify
    /// Of all runs.
    var warnings: [Warning]
    /// Of a live migration: changes applied since they were copied, and what the cutover came to.
    var appliedChanges: Int64?
    var cutover: CutoverReport?
    /// What is left to a person, and where it is written.
    var todo: LeftToDo?

    struct LeftToDo: Encodable {
        var statements: Int
        var passwords: Int
        /// Nil where it could not be written.
        var file: String?
        var items: [Todo]
    }

    init(_ status: StatusReport, _ plan: Plan) {
        let verify = plan.cutover.verify.value
        tables = status.tables.count
        rows = status.copiedRows
        bytes = status.copiedBytes
        started = status.started
        finished = status.finished
        self.verify = verify
        warnings = status.warnings.map { Warning(task: $0.id, text: $0.text) }
        appliedChanges = status.live?.stream?.appliedChanges
        cutover = status.live?.cutover?.report
        todo = LeftToDo(status.todo ?? [], plan)
    }

    /// `migrated 4 tables, 202,100 rows, 6.5 MB in 6.4 s; source and target compared by checksums: equal`
    func text(_ name: String, seconds: Double, wasResumed: Bool) -> String {
        let compared =
            switch verify {
            case .none: "not compared (the plan says `verify: none`; `skein verify` does it)"
            case .counts: "source and target have equally many rows"
            case .checksums: "source and target compared by checksums: equal"
            }
        let applied = appliedChanges.map { ", \(Words.count($0, "change")) applied" } ?? ""
        let begun = wasResumed ? started.map { " (begun \(Words.time($0)))" } ?? "" : ""
        return "\(name): migrated \(Words.count(Int64(tables), "table")), \(Words.count(rows, "row")), "
            + "\(Words.bytes(bytes))\(applied) in \(Words.duration(seconds))\(begun); \(compared)"
            + (warnings.isEmpty ? "" : "; \(Words.count(Int64(warnings.count), "warning"))")
            + (cutover.map { "\n" + CutoverText.render($0, verify: verify) } ?? "")
            + (todo.map { "\n" + $0.text } ?? "")
    }

    /// The warnings gathered, for people; nil where there are none.
    var warningText: String? {
        guard !warnings.isEmpty else { return nil }
        return
            ([Words.count(Int64(warnings.count), "warning") + ":"]
            + warnings.map { "  " + Words.line("\($0.task): \($0.text)") })
            .joined(separator: "\n")
    }
}

extension RunSummary.LeftToDo {
    /// Writes the file anew. Nil where nothing is left.
    init?(_ items: [Todo], _ plan: Plan) {
        let isWritten = TodoList.write(items, plan)
        guard !items.isEmpty else { return nil }
        passwords = items.count { $0.isPassword }
        statements = items.count - passwords
        file = isWritten ? TodoList.path(plan) : nil
        self.items = items
    }

    /// Nil, too, where the target cannot be asked any more.
    static func read(_ plan: Plan) async -> Self? {
        let name = plan.name.value.text
        let status = try? await ServerAccess(plan, .target, purpose: "status").run { target in
            try StatusReport.read(target, name: name)
        }
        return status.flatMap { Self($0.todo ?? [], plan) }
    }

    /// `left to do by hand: 2 statements, 3 passwords, in iot-todo.sql`; the statements themselves where there is no file.
    var text: String {
        let parts = [
            statements > 0 ? Words.count(Int64(statements), "statement") : nil,
            passwords > 0 ? Words.count(Int64(passwords), "password") : nil,
        ].compactMap(\.self)
        let head = "left to do by hand: \(parts.joined(separator: ", "))"
        guard let file else { return ([head + ":"] + items.map { "  " + Words.line($0.line) }).joined(separator: "\n") }
        return head + ", in \(Words.line(file))"
    }
}
