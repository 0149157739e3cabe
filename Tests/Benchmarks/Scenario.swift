/// One thing that is measured: several contenders doing the same work, in turn.
struct Scenario {
    var title: String
    /// What each contender's result has to show before its run counts.
    var check: ResultCheck
    var contenders: [Contender]
    /// Contenders that all others are compared with.
    var references: [Contender.Name] = []
    var goals: [Goal] = []
}

/// Who does the work, and how.
struct Contender {
    enum Name: String, CaseIterable {
        case skein
        case byHand = "by hand (the floor)"
        case pgcopydb
        case pgDump = "pg_dump, pg_restore"
        case psqlPipe = "psql, binary pipe"
    }

    var name: Name
    /// A script of the folder Contenders, and its arguments.
    var script: String
    var arguments: [String] = []
    /// What must be on the target before the clock starts.
    var preparation: String?
    var size = SourceSize.full
}

/// Which of the sources is moved.
enum SourceSize: CaseIterable { case full, tenth }

/// What the project wants to reach.
enum Goal {
    /// The wall time of Skein divided by a rival's.
    case ratio(to: Contender.Name, atMost: Double, onlyIfFloorPermits: Bool = false)
    /// Peak memory of Skein, MB.
    case memory(atMost: Int)
}
