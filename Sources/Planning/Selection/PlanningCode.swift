/// The codes of what selecting and compiling find. Stable: documented, never reused.
package enum PlanningCode {
    static let matchesNothing = "SK150"
    static let leftOut = "SK151"
    static let cannotExist = "SK152"
    static let foreignKeyLeftOut = "SK153"
    static let partOfIndex = "SK154"
    static let invalidIndex = "SK155"
    static let notRefreshed = "SK156"
    static let noEffect = "SK157"
    static let noBinaryForm = "SK158"
    static let notSplit = "SK159"
    static let cycle = "SK161"

    /// One finding's code, what it says, and why it is so.
    package struct Explanation: Sendable {
        package let code: String
        package let title: String
        package let text: String
    }

    /// In the order of their codes.
    package static let all: [Explanation] = [
        Explanation(
            code: matchesNothing, title: "an entry of the plan matches nothing",
            text: """
                Every name and pattern in `select`, `copy.skip-table-data`, `hypertables` and `replication.identity` must \
                match something on the source, so that a misspelt name is not silently ignored.
                """),
        Explanation(
            code: leftOut, title: "an object is left out because of another",
            text: """
                What reads or needs an excluded object cannot be made on the target, so it is left out as well, and \
                named. Exclude it in the plan too, which says that this is meant, or select what it needs.
                """),
        Explanation(
            code: cannotExist, title: "a table cannot be migrated without what the plan excludes",
            text: """
                A table is never left out for what it uses, because its rows would be lost on the quiet. Select what it \
                is built on, or exclude the table itself.
                """),
        Explanation(
            code: foreignKeyLeftOut, title: "a foreign key is left out because its other side is",
            text: "The table is migrated without it, so the target does not enforce it."),
        Explanation(
            code: partOfIndex, title: "a partition's index cannot be excluded alone",
            text: """
                The index of the partitioned table is valid only when each partition has its part. Exclude that one.
                """),
        Explanation(
            code: invalidIndex, title: "an invalid index is left out",
            text: """
                CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY leave such an index behind when they fail. No query \
                uses it, and pg_dump leaves it out as well.
                """),
        Explanation(
            code: notRefreshed, title: "a materialized view is not refreshed because it reads one that is not",
            text: "The server refuses to read a materialized view that was never filled."),
        Explanation(
            code: noEffect, title: "an entry names only what is not migrated anyway",
            text: "The plan says two things of the same object, and the exclusion wins."),
        Explanation(
            code: noBinaryForm, title: "`copy.format: binary` where a type has no common binary form",
            text: """
                Types that carry object ids, depend on settings or belong to extensions that are not known to keep their \
                form travel as text. `auto` decides for each table.
                """),
        Explanation(
            code: notSplit, title: "a large table is copied in one piece",
            text: """
                Before PostgreSQL 14 each range of blocks reads the whole table, and no index leads with a column that \
                the rows could be cut by instead.
                """),
        Explanation(
            code: cycle, title: "tasks wait for one another",
            text: """
                The graph of tasks has a circle, so that none of them could ever begin. This is an error in Skein, not \
                in the plan: please report it with the message, which names the tasks.
                """),
    ]
}
