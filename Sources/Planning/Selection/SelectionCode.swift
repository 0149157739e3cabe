/// The codes of what selecting and compiling find. Stable: never reused.
enum PlanningCode {
    /// An entry of the plan matches no object.
    static let matchesNothing = "SK150"
    /// An object is left out because it depends on one that is.
    static let leftOut = "SK151"
    /// A table cannot exist without something that the plan excludes.
    static let cannotExist = "SK152"
    /// A foreign key is left out because what it references is.
    static let foreignKeyLeftOut = "SK153"
    /// The index of a partition is excluded, that of its parent is not.
    static let partOfIndex = "SK154"
    /// An index that is invalid on the source.
    static let invalidIndex = "SK155"
    /// A materialized view that cannot be refreshed because one that it reads is not.
    static let notRefreshed = "SK156"
    /// An entry names only what is not migrated anyway.
    static let noEffect = "SK157"
    /// `copy.format: binary` where a type has no common binary form.
    static let noBinaryForm = "SK158"
    /// A large table that cannot be split.
    static let notSplit = "SK159"
    /// What the plan asks for and this version does not do yet.
    static let notYetApplied = "SK160"
    /// Tasks wait for one another: an error of ours.
    static let cycle = "SK161"
    /// The plan's primary key of a hypertable names a column that does not exist, or the like.
    static let unknownColumn = "SK162"
}
