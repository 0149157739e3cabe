import Execution

/// Where following the source stands, in a line for people.
enum FollowText {
    /// `following: lag 12 kB, 0.2 s; source writes 1.2 MB/s; applied 3,400 rows/s, 1.1 MB/s; spool 4.0 MB; source keeps 16 MB`
    ///
    /// The same as before where nothing happens, so that it need not be said again.
    static func line(_ status: FollowStatus) -> String {
        switch status.phase {
        case .following where isIdle(status): "following: everything is applied, the source is idle" + paused(status)
        case .receiving:
            "receiving: changes are kept until rows are copied; "
                + join([writes(status), spool(status), retained(status)]) + paused(status)
        case .catchingUp:
            "catching up: "
                + join([lag(status), writes(status), applied(status), left(status), spool(status), retained(status)])
                + paused(status)
        case .following:
            "following: "
                + join([lag(status), writes(status), applied(status), spool(status), retained(status)])
                + paused(status)
        case .draining: "draining: " + join([lag(status), applied(status), left(status)])
        case .drained: "drained: everything before the marker is applied"
        }
    }

    /// What there is to say beside the lag and what pauses.
    static func parts(_ status: FollowStatus) -> [String] {
        let left = status.phase == .following || status.phase == .receiving ? nil : left(status)
        let applied = status.phase == .receiving ? nil : applied(status)
        return [writes(status), applied, left, spool(status), retained(status)].compactMap(\.self)
    }

    /// `1.2 MB, 3.0 s`
    static func lag(bytes: Int64, seconds: Double) -> String {
        let bytes = max(0, bytes)
        return seconds > 0 ? "\(Words.bytes(bytes)), \(Words.duration(seconds))" : Words.bytes(bytes)
    }

    static func rate(_ bytesPerSecond: Double) -> String { Words.bytes(Int64(max(0, bytesPerSecond))) + "/s" }

    /// Nothing is left to apply and nothing came.
    private static func isIdle(_ status: FollowStatus) -> Bool {
        status.lagSeconds == 0 && status.changesPerSecond < 0.05
    }

    private static func lag(_ status: FollowStatus) -> String? {
        "lag " + lag(bytes: status.lagBytes, seconds: status.lagSeconds)
    }

    private static func writes(_ status: FollowStatus) -> String? {
        "source writes \(rate(status.sourceBytesPerSecond))"
    }

    static func applied(_ status: FollowStatus) -> String? {
        "applied \(Words.count(Int64(status.changesPerSecond.rounded()))) rows/s, \(rate(status.appliedBytesPerSecond))"
    }

    static func left(_ status: FollowStatus) -> String? {
        if let seconds = status.secondsToCatchUp { return "caught up in about \(Words.duration(seconds))" }
        let grows = status.sourceBytesPerSecond > status.appliedBytesPerSecond
        return grows && status.lagSeconds > 1 ? "the source writes faster than this applies" : nil
    }

    private static func spool(_ status: FollowStatus) -> String? {
        status.spoolBytes > 0 ? "spool \(Words.bytes(status.spoolBytes))" : nil
    }

    private static func retained(_ status: FollowStatus) -> String? {
        status.retainedBytes.map { "source keeps \(Words.bytes(max(0, $0))) of WAL" }
    }

    private static func paused(_ status: FollowStatus) -> String {
        status.paused.map { "; RECEIVING PAUSES: \($0)" } ?? ""
    }

    private static func join(_ parts: [String?]) -> String { parts.compactMap(\.self).joined(separator: "; ") }
}
