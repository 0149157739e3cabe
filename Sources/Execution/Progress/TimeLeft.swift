/// How long something takes still.
package struct TimeLeft: Sendable, Codable, Equatable {
    package enum Goal: String, Sendable, Codable {
        /// Of a live migration: until the cutover may come.
        case ready
        case end
    }

    package var seconds: Double
    /// It rests on cautious assumptions more than on what was measured.
    package var isRough: Bool
    package var until: Goal

    package init(seconds: Double, isRough: Bool, until: Goal) {
        self.seconds = seconds
        self.isRough = isRough
        self.until = until
    }
}
