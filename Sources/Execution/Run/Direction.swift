/// Which way changes are carried: from the plan's source to its target, or, after the cutover, back.
package enum Direction: Sendable, Equatable {
    case forth, back

    /// Where changes come from, for people.
    package var from: String { self == .forth ? "source" : "target" }
    /// Where they are applied.
    package var to: String { self == .forth ? "target" : "source" }
}
