import Catalog
import PlanFile

/// What a server must have where changes are to be streamed from it: from the source, and with a way back from the
/// target, too.
struct StreamRequirements {
    private let context: CheckContext
    private let side: Side
    private let location: SourceLocation?
    private var server: Catalog.Server { side.catalog(context).server }

    /// - Parameter location: what in the plan asks for the stream.
    init(_ context: CheckContext, _ side: Side, at location: SourceLocation?) {
        self.context = context
        self.side = side
        self.location = location
    }

    func slots(_ findings: inout Findings) {
        room(
            "max_replication_slots", "replication slot", used: server.usedReplicationSlots,
            otherwise: "drop a slot that nobody uses (`select slot_name, active from pg_replication_slots`), or ",
            &findings)
    }

    func senders(_ findings: inout Findings) {
        room("max_wal_senders", "WAL sender", used: server.usedWalSenders, &findings)
    }

    private func room(
        _ setting: String, _ what: String, used: Int, otherwise: String = "", _ findings: inout Findings,
    ) {
        guard let limit = server.number(setting), used >= limit else { return }
        let change = context.change(setting, to: String(used + 5), .restart, on: side)
        findings.add(
            .error, "all \(Wording.count(limit, what)) of the \(side.rawValue) are in use",
            cure: otherwise + change.cure, statement: change.statement, object: setting, at: location)
    }

    func allows(_ plugin: Plan.Plugin, _ findings: inout Findings) {
        guard let allowed = server.list("output_plugin_libraries"), !allowed.contains(plugin.rawValue) else { return }
        // One literal for each: the server takes a literal with commas for one name.
        let list = (allowed + [plugin.rawValue]).filter { !$0.isEmpty }.map { Piece.literal($0) }
        let change = context.change("output_plugin_libraries", to: list.joined(separator: ", "), .reload, on: side)
        findings.add(
            .error, "output_plugin_libraries of the \(side.rawValue) does not list \(plugin.rawValue)",
            why: "It holds \(Wording.list(allowed)).", cure: change.cure, statement: change.statement,
            object: "output_plugin_libraries", at: location)
    }
}
