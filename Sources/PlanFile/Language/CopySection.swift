/// `copy`
enum CopySection {
    /// How many things may run at once: more than this no server thanks you for.
    static let jobs = 1...64

    static let tableJobs = Key(
        "table-jobs", .integer(jobs), "How many pieces are copied at once. Computed from the target where absent.")
    static let indexJobs = Key(
        "index-jobs", .integer(jobs), "How many indexes are built at once. Computed from the target where absent.")
    static let splitTablesLargerThan = Key(
        "split-tables-larger-than", .size,
        "Tables above this size are copied in several pieces. Computed from the source where absent.",
    )
    static let skipTableData = Key(
        "skip-table-data",
        Shape<QualifiedNamePattern>.list(
            of: .qualifiedPattern("a table's name", examples: ["public.audit_log"]), "a list of tables"),
        "Tables of which only the structure is made; a materialized view is left unrefreshed.", default: .array([]),
    )
    static let intoExisting = Key(
        "into-existing",
        Shape<QualifiedNamePattern>.list(
            of: .qualifiedPattern("a table's name", examples: ["public.readings"]), "a list of tables"),
        "Tables that are on the target already, empty: plain, partitioned or hypertables. Their structure is left as it "
            + "is there; indexes that they lack are made.", default: .array([]),
    )
    static let format = Key(
        "format", Shape<Plan.CopyFormat>.choice(),
        "The form in which rows travel; `auto` takes binary for each table whose types allow it.", default: "auto",
    )

    static let keys = [
        tableJobs.declared, indexJobs.declared, splitTablesLargerThan.declared, skipTableData.declared,
        intoExisting.declared, format.declared,
    ]
    static let shape = Shape<Plan.CopySettings>.section(keys) { fields, decoding in
        let existing = decoding.list(intoExisting, in: fields)
        return .init(
            tableJobs: decoding.read(tableJobs, in: fields),
            indexJobs: decoding.read(indexJobs, in: fields),
            splitTablesLargerThan: decoding.read(splitTablesLargerThan, in: fields),
            skipTableData: decoding.list(skipTableData, in: fields),
            format: decoding.read(format, in: fields, default: .auto),
            intoExisting: existing.isEmpty ? nil : existing,
        )
    }
}
