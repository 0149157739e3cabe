private import Planning
private import Postgres

/// What a live migration adds: what the follower has to say, what others ask for by the state, and the undoing of a
/// cutover that was withdrawn.
extension Engine {
    /// What the follower has to say, and what others ask for by the state.
    func lookAtStream(in group: inout TaskGroup<Event>) {
        guard let live else { return }
        if let problem = live.takeFailure(), failure == nil {
            state.stop()
            fail(problem.failure, isTransient: problem.isResumable)
            tell(.failed(id: problem.failure.task, reason: problem.failure.text))
        }
        guard !state.isStopping else { return }
        if live.mustUndo, !live.isUndoing, !live.isAnyRunning(state) {
            live.isUndoing = true
            let context = context
            group.addTask {
                do {
                    return .undone(.success(try await CutoverUndo.run(context)))
                } catch {
                    try? await Task.sleep(for: .milliseconds(500))
                    return .undone(.failure(error))
                }
            }
        }
        guard !live.isWatching, now - live.lastWatch >= live.watchInterval else { return }
        live.isWatching = true
        live.lastWatch = now
        let (control, wish) = (live.control, live.approval(state))
        let migration = context.migration
        group.addTask {
            do {
                if let wish { try await wish.request(control, migration: migration) }
                return .liveWatched(.success(try await LiveWatch.look(control, migration: migration)))
            } catch {
                return .liveWatched(.failure(error))
            }
        }
    }

    func adopt(_ result: Result<LiveWatch, any Error>) {
        guard let live else { return }
        live.isWatching = false
        // The tasks see it, too, and tell.
        guard case .success(let watch) = result else { return }
        live.adopt(watch, state)
    }

    /// A cutover was given up, and what it had done is undone.
    func adopt(_ result: Result<[Int], any Error>) {
        live?.isUndoing = false
        switch result {
        case .success(let reopened):
            reopen(reopened)
            live?.undone()
        case .failure(let error):
            guard !Task.isCancelled else { return }
            let reason = TaskFailure(task: "cutover-undo", error)
            switch state.failedOutsideTasks(isTransient: error.isTransient, now: now) {
            case .retry(let pause): tell(.retrying(id: reason.task, reason: reason.text, after: pause))
            case .stop, .giveUp:
                fail(reason, isTransient: error.isTransient)
                tell(.failed(id: reason.task, reason: reason.text))
            }
        }
    }
}
