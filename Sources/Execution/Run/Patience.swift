/// Tries again what may pass, until nothing has succeeded for so long.
struct Patience: Sendable {
    let seconds: Double
    /// Hears of each retry.
    let tell: @Sendable (RunEvent) -> Void

    /// - Parameter what: the work, for people.
    /// - Throws: what `body` throws at last.
    func retrying<R>(_ what: String, _ body: () async throws -> R) async throws -> R {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            do {
                return try await body()
            } catch  where error.isTransient && ContinuousClock.now < deadline && !Task.isCancelled {
                tell(.retrying(id: what, reason: TaskFailure(task: what, error).text, after: 1))
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
