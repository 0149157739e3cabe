import Faults
import TestServers

/// What a round does, decided by its seed alone.
struct RoundPlan: Sendable {
    /// What goes wrong.
    enum Fault: Sendable, CustomStringConvertible {
        /// SIGKILL of `skein migrate`.
        case kill
        /// SIGTERM: it stops and says so.
        case stop
        case restart(Side, OwnServers.Mode)
        /// Connections end, and for so many seconds none is made.
        case cut(Side, Double)
        case stall(Side, Double)
        /// A disk that became full is enlarged.
        case enlargeDisk
        /// A second `skein migrate` beside the first.
        case second

        var description: String {
            switch self {
            case .kill: "kill"
            case .stop: "stop"
            case .restart(let side, let mode): "restart \(side.rawValue) \(mode.rawValue)"
            case .cut(let side, let seconds): "cut \(side.rawValue) for \(Self.tenths(seconds)) s"
            case .stall(let side, let seconds): "stall \(side.rawValue) for \(Self.tenths(seconds)) s"
            case .enlargeDisk: "enlarge disk"
            case .second: "second migrate"
            }
        }

        private static func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
    }

    enum Side: String, Sendable, CaseIterable { case source, target }

    /// What happens when, seconds after the one before.
    var faults: [(after: Double, fault: Fault)] = []
    /// `SKEIN_FAULT` of the first, second, … `skein migrate`.
    var armed: [String?] = []
    /// Bytes a second of each connection; 0 is no limit.
    var rate: Int
    /// Bytes of the spool's disk at first, nil: as large as the machine's.
    var diskBytes: Int?
    var spoolsOnSource: Bool
    var isFenced: Bool
    var tableJobs: Int
    var applyJobs: Int
    var splitLargerThan: String
    var writers: Int
    var habits: Writer.Habits
    /// Kills of `skein cutover`, so many seconds after its start; or faults of others then.
    var cutoverKills: [Double] = []
    var cutoverFaults: [Fault] = []
    /// `SKEIN_FAULT` of the first `skein cutover`, of the first `skein clean`.
    var cutoverArmed: String?
    var cleanArmed: String?
    /// Nobody runs `migrate` when the cutover begins.
    var cutsOverAlone: Bool
    var cleans: Bool

    init(seed: UInt64) {
        var dice = Dice(seed: seed)
        rate = dice.chance(0.7) ? dice.roll(500_000...4_000_000) : 0
        diskBytes = dice.chance(0.25) ? dice.roll(1...3) << 20 : nil
        spoolsOnSource = diskBytes == nil && dice.chance(0.25)
        isFenced = dice.chance(0.5)
        tableJobs = dice.roll(1...4)
        applyJobs = dice.pick([1, 2, 2, 4])
        splitLargerThan = dice.pick(["128 kB", "256 kB", "1 MB", "10 GB"])
        writers = dice.roll(2...4)
        habits = Writer.Habits(
            asynchronous: dice.pick([0, 0.3, 1]), twoPhase: !isFenced && dice.chance(0.4) ? 0.05 : 0,
            changesLog: dice.chance(0.3), pause: dice.pick([0.004, 0.01, 0.03]))
        for _ in 0..<dice.roll(2...5) {
            faults.append((after: dice.roll(0.1...2.5), fault: Self.fault(&dice)))
            armed.append(dice.chance(0.35) ? Self.faultPoint(&dice) : nil)
        }
        if diskBytes != nil { faults.append((after: dice.roll(0.5...2), fault: .enlargeDisk)) }
        if dice.chance(0.5) { cutoverKills = (0..<dice.roll(1...2)).map { _ in dice.roll(0.02...1.2) } }
        if dice.chance(0.4) { cutoverFaults = [Self.fault(&dice)] }
        if dice.chance(0.35) {
            cutoverArmed = Self.faultPoint(&dice, of: ["fence", "marker", "stream", "task", "cutover"])
        }
        if dice.chance(0.5) { cleanArmed = Self.faultPoint(&dice, of: ["clean"]) }
        cutsOverAlone = dice.chance(0.2)
        cleans = dice.chance(0.4)
    }

    private static func fault(_ dice: inout Dice) -> Fault {
        let side = dice.pick(Side.allCases)
        switch dice.roll(0...19) {
        case 0...6: return .kill
        case 7: return .stop
        case 8...11: return .restart(side, .immediate)
        case 12: return .restart(side, .fast)
        case 13...15: return .cut(side, dice.roll(0...1.5))
        case 16...17: return .stall(side, dice.roll(0.2...2))
        default: return .second
        }
    }

    /// - Parameter groups: what stands before the point's dot; empty: any.
    private static func faultPoint(_ dice: inout Dice, of groups: Set<String> = []) -> String? {
        let points = FaultPoint.allCases.map(\.rawValue).filter { point in
            groups.isEmpty ? !point.hasPrefix("clean") : groups.contains { point.hasPrefix($0 + ".") }
        }
        guard !points.isEmpty else { return nil }
        return "\(dice.pick(points)):\(dice.pick(groups.isEmpty ? [1, 1, 2, 3, 5, 10, 20] : [1]))"
    }

    var description: String {
        let what = [
            "rate \(rate)", diskBytes.map { "disk \($0 >> 20) MB" }, spoolsOnSource ? "spool on source" : nil,
            isFenced ? "fence read-only" : "fence none", "\(tableJobs) table jobs", "\(applyJobs) apply jobs",
            "split at \(splitLargerThan)", "\(writers) writers", "asynchronous \(habits.asynchronous)",
            habits.twoPhase > 0 ? "two-phase" : nil, habits.changesLog ? "changes log" : nil,
            cutsOverAlone ? "cutover alone" : nil,
            "faults: " + faults.map { "\($0.fault)" }.joined(separator: ", "),
            "armed: " + armed.map { $0 ?? "-" }.joined(separator: " "),
            cutoverArmed.map { "cutover armed: \($0)" },
            cutoverKills.isEmpty ? nil : "\(cutoverKills.count) kills of the cutover",
            cutoverFaults.isEmpty ? nil : "during the cutover: \(cutoverFaults[0])",
        ]
        return what.compactMap(\.self).joined(separator: "; ")
    }
}
