package import Planning

/// Compares one piece on both servers.
package enum VerifyTask {
    package static func run(_ piece: Piece, _ scope: TaskScope) throws -> TaskOutcome { TaskOutcome() }
}
