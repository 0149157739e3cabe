/// Why a text is not the value it should be. Where it stands and which key it belongs to is for the reader to add.
package struct ValueProblem: Error, Hashable, Sendable {
    package var code: PlanCode
    /// A clause that tells what is wrong: `the unit is missing`.
    package var reason: String
    /// What to do about it, in sentences.
    package var cure: String?

    init(_ code: PlanCode, reason: String, cure: String? = nil) {
        self.code = code
        self.reason = reason
        self.cure = cure
    }
}
