/// An error that tells by itself what is wrong, where, and what to do about it.
package protocol ToldError: Error, Sendable {
    /// Table or column, as the user writes it.
    var object: String? { get }
    /// What is wrong, in one clause.
    var summary: String { get }
    var cure: String? { get }
    /// Whether the same work may succeed a little later.
    var mayPass: Bool { get }
}
