import Execution

/// What the live display shows: a value, from which frames are made.
struct DisplayState: Sendable, Equatable {
    /// A task under way.
    struct Row: Sendable, Equatable {
        var id: String
        /// Since it began, seconds.
        var seconds: Double
        var fraction: Double?
        var bytes: Int64?
        var totalBytes: Int64?
        /// What the server says that it is at.
        var step: String?
    }

    /// Something that a person should not miss.
    struct Warning: Sendable, Equatable {
        enum Kind: String { case retry, warning, waiting, notice, failed }
        var kind: Kind
        var text: String
    }

    enum Tone { case normal, good, bad }

    /// The plan's name.
    var name: String
    /// What it is at: `copying rows`.
    var phase = "starting"
    var tone = Tone.normal
    /// Since it began, seconds; of one that only looks on, since then, as `clockWord` says.
    var seconds = 0.0
    var clockWord = ""
    var done = 0
    var tasks = 0
    /// Of all work, 0 to 1.
    var share: Double?
    var copied: Int64 = 0
    var total: Int64 = 0
    /// Bytes a second.
    var rate = 0.0
    var left: TimeLeft?
    /// What else is known of the whole, for the line of the bar.
    var remark: String?
    var rows: [Row] = []
    /// All that run; at least as many as are listed.
    var running = 0
    /// Live: where following the source stands, and how the lag was, seconds, oldest first.
    var following: FollowStatus?
    var lags: [Double] = []
    /// Oldest first.
    var warnings: [Warning] = []
    var warningCount = 0
    /// What a person may do now.
    var hints: [String] = []

    /// So many lags are kept, and so many warnings.
    static let (keptLags, keptWarnings) = (120, 20)

    init(name: String) { self.name = name }

    mutating func warn(_ kind: Warning.Kind, _ text: String) {
        let warning = Warning(kind: kind, text: Words.line(text))
        // What is tried again and again is one.
        if let known = warnings.firstIndex(of: warning) {
            warnings.remove(at: known)
        } else {
            warningCount += 1
        }
        warnings.append(warning)
        if warnings.count > Self.keptWarnings { warnings.removeFirst() }
    }

    mutating func follow(_ status: FollowStatus) {
        following = status
        lags.append(max(0, status.lagSeconds))
        if lags.count > Self.keptLags { lags.removeFirst() }
    }
}
