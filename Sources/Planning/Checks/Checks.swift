package import PlanFile

/// All rules that stand between a plan and its first task.
package enum Checks {
    /// In the order of their codes.
    package static let all: [Check] = [
        ProviderChecks.all, SourceServerChecks.all, TargetServerChecks.all, TargetRightsChecks.all,
        TargetObjectChecks.all,
        SourceRightsChecks.all, ConnectionChecks.all,
        CapacityChecks.all, TextChecks.all, ExtensionChecks.all, RoleChecks.all, ToolChecks.all, ReadingChecks.all,
        TableChecks.all, ValueChecks.all, HypertableShapeChecks.all, HypertablePartitionChecks.all,
        HypertableTimeChecks.all,
        HypertableSpaceChecks.all, HypertableKeyChecks.all, HypertableReferenceChecks.all, HypertablePolicyChecks.all,
        LeftoverChecks.all, ExistingTableChecks.all, LiveChecks.all, LiveTableChecks.all, LivePartitionChecks.all,
        LiveStreamChecks.all, WayBackServerChecks.all, WayBackTableChecks.all,
        SourceLeftoverChecks.all,
        TimescaleSourceChecks.all, TimescaleJobChecks.all, TimescaleKeptChecks.all,
    ].flatMap(\.self).sorted { $0.code < $1.code }

    /// What all rules find: worst first, then by code and object; equal inputs give equal lists.
    package static func run(_ context: CheckContext) -> [Diagnostic] {
        // Everything else would be nonsense, and a call to drop the source's own tables.
        if context.isOntoItself { return TargetServerChecks.ontoItself.run(context) }
        return all.flatMap { $0.run(context) }.sorted(by: precedes)
    }

    /// What `skein explain` says of a code, nil where no check, connection failure or finding of planning has it.
    package static func explanation(of code: String) -> (title: String, text: String)? {
        if let finding = PlanningCode.all.first(where: { $0.code == code }) { return (finding.title, finding.text) }
        if let check = all.first(where: { $0.code == code }) { return (check.title, check.explanation) }
        return ConnectDiagnostics.Failure.allCases.first { $0.code == code }.map { ($0.title, $0.explanation) }
    }

    private static func precedes(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        func key(_ diagnostic: Diagnostic) -> (Diagnostic.Severity, String, String, String) {
            (diagnostic.severity, diagnostic.code, diagnostic.object ?? "", diagnostic.summary)
        }
        return key(left) < key(right)
    }
}
