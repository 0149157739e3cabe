import PlanFile

/// The stable codes of what commands themselves refuse or fail at: `SK9xx`. Documented, never reused.
enum CommandCode: String, CaseIterable {
    case usage = "SK901"
    case savedPlanUnusable = "SK902"
    case savedPlanOutdated = "SK903"
    case cannotWrite = "SK904"
    // SK905 said that there was no live mode yet.
    case otherMode = "SK906"
    case notConfirmed = "SK907"
    case nothingMatches = "SK908"
    case cannotListen = "SK909"
    case planChanged = "SK910"
    case otherServer = "SK911"
    case unknownState = "SK912"
    case stillRunning = "SK913"
    case notBegun = "SK914"
    case tooEarly = "SK915"
    case alreadyFinished = "SK916"
    case streamBroken = "SK917"
    case needsHand = "SK918"
    case withdrawn = "SK919"
    case serverRefused = "SK920"
    case catalogsLocked = "SK921"
    case stopped = "SK922"
    case taskFailed = "SK923"
    case differences = "SK924"
    case sourceTrouble = "SK925"
    case noWayBack = "SK926"
    case wayBackLost = "SK927"
    case unexpected = "SK929"

    /// What the code stands for, in a line.
    var meaning: String {
        switch self {
        case .usage: "the command line is wrong"
        case .savedPlanUnusable: "a saved plan that is damaged, or that another version of Skein wrote"
        case .savedPlanOutdated: "the servers or the plan file are no longer as a saved plan found them"
        case .cannotWrite: "a file cannot be written"
        case .otherMode: "a command or an option for the other mode than the plan's"
        case .notConfirmed: "something that has to be confirmed was not"
        case .nothingMatches: "a pattern on the command line matches nothing"
        case .cannotListen: "nothing can listen at an address"
        case .planChanged: "the plan has changed since its migration began"
        case .otherServer: "another server than the migration began with"
        case .unknownState: "the state on the target was written by another version of Skein"
        case .stillRunning: "the migration is running"
        case .notBegun: "the migration has not begun"
        case .tooEarly: "the cutover cannot begin yet, or not as the source stands"
        case .alreadyFinished: "the migration is complete already"
        case .streamBroken: "changes of the source are missing (slot or spool lost); `migrate --repair` mends it"
        case .needsHand: "something has to be done by hand before the run goes on; the message says what"
        case .withdrawn: "the cutover was withdrawn; the migration follows the source again"
        case .serverRefused: "a server refused a statement"
        case .catalogsLocked: "the catalogs cannot be read because other sessions hold relations locked"
        case .stopped: "stopped; the same command goes on"
        case .taskFailed: "a task failed in a way that waiting does not mend"
        case .differences: "source and target differ"
        case .sourceTrouble: "something on the source is in the way of following it, or of the fence"
        case .noWayBack: "there is no way back to the source, or a rollback cannot begin as the target stands"
        case .wayBackLost: "the target's changes can no longer be carried back to the source"
        case .unexpected: "something that should not happen: a mistake in Skein"
        }
    }
}

extension Diagnostic {
    /// An error of a command itself.
    init(
        _ code: CommandCode, _ summary: String, detail: String? = nil, cure: String? = nil, statement: String? = nil,
        object: String? = nil, at location: SourceLocation? = nil,
    ) {
        self.init(
            .error, code.rawValue, summary, detail: detail, cure: cure, statement: statement, object: object,
            at: location)
    }
}
