internal import Catalog
internal import PlanFile

extension ResolvedSelection {
    /// Event triggers that the target's role may not create would fail at the very end; a check names each (SK236).
    mutating func leaveOutEventTriggers(of source: Catalog, for target: Catalog, _ said: Plan.Provider) {
        let profile = RecognisedProvider(said, target).profile
        guard !eventTriggers.isEmpty, !TargetObjectChecks.mayMakeEventTriggers(target.server, profile) else { return }
        let left = objects.filter { $0.id.catalog == "pg_event_trigger" }
        exclusions.objects += left.map { ExcludedObject(catalog: $0.id.catalog, oid: $0.id.oid) }
        exclusions.objects.sort { ($0.catalog, $0.oid) < ($1.catalog, $1.oid) }
        objects.removeAll { $0.id.catalog == "pg_event_trigger" }
        eventTriggers = []
    }
}
