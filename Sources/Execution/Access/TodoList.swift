private import FoundationEssentials
package import PlanFile
private import Postgres

/// What a migration leaves to a person, as a file of SQL beside the plan: `NAME-todo.sql`. It is written anew from the
/// state whenever that changes, so it can be lost without harm.
package enum TodoList {
    /// Where the file is.
    package static func path(_ plan: Plan) -> String {
        let folder = FileManager.default.fileExists(atPath: plan.folder.isEmpty ? "." : plan.folder) ? plan.folder : ""
        return "\(folder)\(plan.name.value.text)-todo.sql"
    }

    private static let mark = "-- Left to do by hand after skein migrate, migration "

    package static func text(_ items: [Todo], name: String) -> String {
        var lines = [
            mark + name + ".",
            "-- On the target, as a role that may: psql \"$TARGET_URI\" -f \(name)-todo.sql",
        ]
        var reason = ""
        for item in items {
            if item.why != reason { lines += ["", "-- \(printable(item.why))"] }
            reason = item.why
            lines.append(item.line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line, whatever a server's message holds.
    private static func printable(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    /// Writes the file, or removes one of an earlier run where nothing is left.
    /// - Returns: whether there is one that holds just this.
    @discardableResult
    package static func write(_ items: [Todo], _ plan: Plan) -> Bool {
        let path = path(plan)
        guard !items.isEmpty else {
            if let old = try? String(contentsOfFile: path, encoding: .utf8), old.hasPrefix(mark) {
                try? FileManager.default.removeItem(atPath: path)
            }
            return false
        }
        return (try? text(items, name: plan.name.value.text).write(toFile: path, atomically: true, encoding: .utf8))
            != nil
    }

    /// After a task has committed. The end of the run writes it again, so a failure here is none.
    static func write(_ scope: TaskScope) {
        guard let target = try? scope.ends.target(),
            let items = try? AccessStore(target, migration: scope.context.migration).todo()
        else { return }
        write(items, scope.context.plan)
    }

    /// What a task says of itself; nil where all was applied as on the source.
    static func warning(_ runner: StatementRunner, _ plan: Plan) -> String? {
        var parts: [String] = []
        let passwords = runner.refused.count { $0.isPassword }
        let statements = runner.refused.count - passwords
        if statements > 0 {
            parts.append("\(statements) \(statements == 1 ? "statement" : "statements") could not be applied")
        }
        if passwords > 0 { parts.append("\(passwords) \(passwords == 1 ? "role needs" : "roles need") a password") }
        if !parts.isEmpty { parts = [parts.joined(separator: " and ") + ": see \(path(plan))"] }
        let regranted = Set(runner.regranted).sorted()
        if !regranted.isEmpty {
            parts.append(
                "granted by the owner, not by whom the source names: \(regranted.prefix(10).joined(separator: ", "))"
                    + (regranted.count > 10 ? " and \(regranted.count - 10) more" : ""))
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
