/// How fast each kind of work goes: as measured, leaning on cautious assumptions while little is.
///
/// What is measured of one kind corrects what is assumed of the others, by half: a machine whose copies are four times as
/// fast as assumed builds its indexes twice as fast.
package struct WorkRates: Sendable, Equatable {
    private struct Seen: Sendable, Equatable {
        var bytes = 0.0
        var seconds = 0.0
        /// Tasks that are too small for a rate.
        var briefCount = 0.0
        var briefSeconds = 0.0
    }

    private var seen = Array(repeating: Seen(), count: WorkKind.allCases.count)

    /// Below so many bytes a task says nothing about the rate.
    private static let brief: Int64 = 1 << 20
    /// The assumption weighs as much as so many seconds of measuring.
    private static let doubt = 1.0
    /// That other kinds are as much faster or slower than assumed is believed later.
    private static let generalDoubt = 3.0
    /// What lies farther back than so many seconds of work counts for half.
    private static let memory = 600.0

    package init() {}

    /// A task of `weight` bytes, or that part of one, took so long.
    package mutating func add(_ kind: WorkKind, weight: Int64, seconds: Double) {
        guard seconds >= 0 else { return }
        if weight < Self.brief {
            seen[kind.rawValue].briefCount += 1
            seen[kind.rawValue].briefSeconds += seconds
            return
        }
        if seen[kind.rawValue].seconds > Self.memory {
            seen[kind.rawValue].bytes /= 2
            seen[kind.rawValue].seconds /= 2
        }
        seen[kind.rawValue].bytes += Double(weight)
        seen[kind.rawValue].seconds += max(0.001, seconds - pause(kind))
    }

    /// Whether anything is known of it beyond assumptions.
    package func isMeasured(_ kind: WorkKind) -> Bool {
        seen[kind.rawValue].seconds >= 0.5 || seen[kind.rawValue].briefCount >= 1
    }

    /// Bytes a second that one task of the kind does.
    package func rate(_ kind: WorkKind) -> Double {
        let assumed = kind.cautiousRate * machine
        let seen = seen[kind.rawValue]
        return (seen.bytes + assumed * Self.doubt) / (seen.seconds + Self.doubt)
    }

    /// How long a task of `weight` bytes takes, seconds.
    package func seconds(_ kind: WorkKind, weight: Int64) -> Double {
        pause(kind) + Double(max(0, weight)) / rate(kind)
    }

    /// How much faster than assumed everything went so far.
    private var machine: Double {
        var (assumed, took) = (0.0, 0.0)
        for kind in WorkKind.allCases where kind.cautiousRate < 1e9 {
            assumed += seen[kind.rawValue].bytes / kind.cautiousRate
            took += seen[kind.rawValue].seconds
        }
        return min(10, max(0.1, ((assumed + Self.generalDoubt) / (took + Self.generalDoubt)).squareRoot()))
    }

    private func pause(_ kind: WorkKind) -> Double {
        let seen = seen[kind.rawValue]
        return (seen.briefSeconds + 2 * kind.cautiousPause) / (seen.briefCount + 2)
    }
}
