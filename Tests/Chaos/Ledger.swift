/// What a writer knows of its transactions: the server has to agree, before and after.
struct Ledger: Sendable {
    /// The client was told that they are committed.
    var acknowledged: Set<Int> = []
    /// The client was told that they failed, or rolled them back itself.
    var undone: Set<Int> = []
    /// The connection was lost at the COMMIT: either is right.
    var unknown: Set<Int> = []
    /// Errors of statements, by SQLSTATE.
    var errors: [String: Int] = [:]

    /// What contradicts the client's knowledge, one line each.
    /// - Parameters:
    ///   - counts: how often each number is in the ledger's table.
    ///   - mayLackAcknowledged: the source crashed, and some committed without waiting for the disk.
    func contradictions(of counts: [Int: Int], mayLackAcknowledged: Bool) -> [String] {
        let lost = mayLackAcknowledged ? [] : acknowledged.filter { counts[$0] == nil }
        let doubled = counts.filter { $0.value > 1 }.map(\.key)
        let risen = undone.filter { counts[$0] != nil }
        let strange = counts.keys.filter {
            !acknowledged.contains($0) && !unknown.contains($0) && !undone.contains($0)
        }
        return [
            ("lost", Array(lost)), ("doubled", doubled), ("undone but there", Array(risen)), ("never made", strange),
        ]
        .filter { !$0.1.isEmpty }
        .map { "\($0.0): \($0.1.count), such as \($0.1.sorted().prefix(10).map(String.init).joined(separator: ", "))" }
    }
}
