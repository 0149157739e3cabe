private import Postgres

/// The snapshot that an offline run reads under: taken, lost, and taken again.
extension Engine {
    /// Whether there is no snapshot and something that is not done yet reads under it, or what an earlier run has copied
    /// was not yet compared with the source as it is now.
    var needsSnapshot: Bool {
        snapshot == nil && !context.isLive && (progress.unfinishedReaders > 0 || !isCompared)
    }

    func launchRenewal(in group: inout TaskGroup<Event>) {
        isRenewing = true
        let (keeper, lost) = (keeper, lostSnapshot)
        group.addTask {
            do {
                return .renewed(.success(try await keeper.renew(lost: lost)))
            } catch {
                try? await Task.sleep(for: .milliseconds(500))
                return .renewed(.failure(error))
            }
        }
    }

    func adopt(_ result: Result<SnapshotKeeper.Renewal, any Error>) async {
        isRenewing = false
        do {
            let renewal = try result.get()
            if lostSnapshot != nil || isResumed, renewal.reference.generation > 1 || lostSnapshot != nil {
                tell(
                    .snapshotRenewed(generation: renewal.reference.generation, isUnchanged: renewal.isUnchanged))
            }
            // One that ended in the middle has reset tasks that this run still believes to be done.
            isDoubtful = true
            reopen(try await Recheck(context, renewal.reference, tell: tell).run())
            snapshot = renewal.reference
            lostSnapshot = nil
            isCompared = true
        } catch let lost as SnapshotLost {
            lostSnapshot = lost.id
        } catch {
            guard !Task.isCancelled else { return }
            let reason = TaskFailure(task: "snapshot", error)
            switch state.failedOutsideTasks(isTransient: error.isTransient, now: now) {
            case .retry(let pause): tell(.retrying(id: "snapshot", reason: reason.text, after: pause))
            case .stop, .giveUp:
                fail(reason, isTransient: error.isTransient)
                tell(.failed(id: "snapshot", reason: reason.text))
            }
        }
    }
}
