internal import LogicalDecoding
internal import PlanFile
internal import Postgres
private import Synchronization

/// Runs passes until one comes to an end: a pass that met a deadlock or a changed shape is begun anew from what is
/// committed.
final class ApplyLoop {
    private let applier: Applier
    /// Where a transaction begins its commit that needs another shape: what is before is applied first.
    private var limit: LSN?
    /// The same, once it was begun with the target's catalogs as they are by then: who changes a table makes the change
    /// on the target first.
    private var triedAnew: LSN?
    /// Since something was applied.
    private var deadlocks = 0
    private var violated: Set<String> = []
    private var lastPosition = LSN(rawValue: 0)

    init(_ applier: Applier) { self.applier = applier }

    func run() throws -> ApplyEnd {
        while true {
            let pass: ApplyPass
            do {
                pass = try ApplyPass(applier, limit: limit)
            } catch let error as PostgresError where applier.control.withLock({ $0.isCancelled }) {
                _ = error
                throw CancellationError()
            }
            do {
                defer { pass.close() }
                switch try pass.run() {
                case .ended(let end): return end
                case .spread: continue
                case .limited: (triedAnew, limit) = (limit, nil)
                }
            } catch let error as ShapeDifference {
                // test_decoding tells no transaction's end before it is there: then the pass itself is what is tried anew.
                let final = pass.translator.finalLSN
                let point = final ?? applier.status.position
                guard limit == nil, point != triedAnew else { throw error }
                if final == nil { triedAnew = point } else { limit = final }
            } catch let error as PostgresError {
                if applier.control.withLock({ $0.isCancelled }) { throw CancellationError() }
                guard let state = error.sqlState, mayRetry(error) else { throw error }
                applier.report(.triedAgain(sqlState: state))
            }
        }
    }

    /// A deadlock or serialization failure; and once without progress each violated constraint: it may have been built
    /// since the target's catalogs were read, and then its table's changes go in order.
    private func mayRetry(_ error: PostgresError) -> Bool {
        guard case .server(let refusal) = error else { return false }
        let position = applier.status.position
        if position > lastPosition { (deadlocks, violated) = (0, []) }
        lastPosition = position
        switch refusal.sqlState {
        case "40P01", "40001":
            deadlocks += 1
            return deadlocks <= 5
        case "23505", "23P01": return violated.insert(refusal.constraint ?? "").inserted
        default: return false
        }
    }
}
