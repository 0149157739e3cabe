private import PlanFile
private import Postgres

extension Verifier {
    /// For a run: sessions named after it, connected on first use.
    /// - Parameter snapshot: nil compares with what the source holds now.
    init(_ context: RunContext, snapshot: String?) {
        let name = context.applicationName("verify")
        self.init(
            source: Session(context.source, applicationName: name),
            target: Session(context.target, applicationName: name), snapshot: snapshot,
            countsOnly: snapshot == nil && context.verify == .counts)
    }

    /// Closes both sessions.
    func close() async {
        await source.close()
        await target.close()
    }
}
