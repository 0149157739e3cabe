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
    private var difference: ShapeDifference?
    private var attempts = 0
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
                case .limited:
                    if let difference { throw difference }
                }
            } catch let error as ShapeDifference {
                guard difference == nil, let final = pass.translator.finalLSN else { throw error }
                (difference, limit) = (error, final)
            } catch let error as PostgresError {
                if applier.control.withLock({ $0.isCancelled }) { throw CancellationError() }
                guard let state = error.sqlState, mayRetry(state) else { throw error }
                applier.report(.triedAgain(sqlState: state))
            }
        }
    }

    /// A deadlock or serialization failure; and once without progress a violated constraint: it may have been built
    /// since the target's catalogs were read, and then its table's changes go in order.
    private func mayRetry(_ state: String) -> Bool {
        let position = applier.status.position
        if position > lastPosition { attempts = 0 }
        lastPosition = position
        attempts += 1
        if ["40P01", "40001"].contains(state) { return attempts <= 5 }
        return ["23505", "23P01"].contains(state) && attempts <= 1
    }
}
