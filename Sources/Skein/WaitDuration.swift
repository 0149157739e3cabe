import ArgumentParser
import PlanFile

/// How long `--wait` of `cutover` and `rollback` is.
enum WaitDuration {
    /// - Throws: `ValidationError` where it is none; nothing at all may be waited for.
    static func seconds(_ text: String) throws -> Double {
        if ["0", "0 s"].contains(text) { return 0 }
        guard let duration = try? PlanDuration(parsing: text) else {
            throw ValidationError("--wait takes a duration such as `30 s` or `5 min`, not `\(text)`")
        }
        return duration.approximateSeconds
    }
}
