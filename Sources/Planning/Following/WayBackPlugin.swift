internal import Catalog
package import PlanFile

/// Which output plugin reads the target's WAL on the way back (`cutover.fallback`).
package enum WayBackPlugin {
    /// - Parameter hasHypertables: a publication would miss the chunks that are made later.
    package static func choose(_ choice: Plan.Plugin, hasHypertables: Bool) -> Plan.Plugin {
        switch choice {
        case .auto, .pgoutput: hasHypertables ? .testDecoding : .pgoutput
        case .wal2json, .testDecoding: choice
        }
    }
}
