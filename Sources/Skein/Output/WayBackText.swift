import Execution

/// The part of `skein status` that is about the way back.
enum WayBackText {
    /// `rollback`, `migrate` and `clean` in it are completed by `planArgument`.
    static func lines(_ report: WayBackReport, _ planArgument: String) -> [String] {
        if let time = report.rolledBack {
            return ["way back rolled back \(Words.time(time)): the application is on the source"]
        }
        var lines = ["way back " + standing(report)]
        if let stream = report.stream {
            lines.append(
                "         \(BackWords.exchanged(FollowText.line(stream)))" + age(report))
            lines.append(
                "         \(Words.count(stream.appliedChanges)) changes carried back by the process that does it")
        }
        if let requested = report.requested {
            lines.append("rollback asked for \(Words.time(requested)), not complete")
        }
        lines.append("next     " + next(report, planArgument))
        return lines
    }

    private static func standing(_ report: WayBackReport) -> String {
        if let broken = report.broken { return "LOST: \(Words.line(BackWords.exchanged(broken)))" }
        if let problem = report.problem { return "open; not asked: \(Words.line(problem))" }
        let since = report.opened.map { " since \(Words.time($0))" } ?? ""
        return "open\(since), "
            + (report.isFollowed
                ? "changes are carried back" : "NOBODY carries changes back now, and the target keeps its WAL")
    }

    private static func age(_ report: WayBackReport) -> String {
        guard let age = report.streamAge, !report.isFollowed || age >= 5 else { return "" }
        return " (\(Words.duration(age)) ago)"
    }

    private static func next(_ report: WayBackReport, _ plan: String) -> String {
        if report.broken != nil { return "skein clean \(plan)" }
        if report.requested != nil { return "skein rollback \(plan)   (or --abort)" }
        let carry = report.isFollowed ? "" : "skein migrate \(plan), "
        return carry + "skein rollback \(plan) to return, skein clean \(plan) to end it"
    }
}
