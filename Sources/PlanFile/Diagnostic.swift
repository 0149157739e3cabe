/// A place in a file. Lines and columns count from 1; columns count Unicode scalars, as libyaml does.
package struct SourceLocation: Hashable, Sendable, Codable {
    /// The file as the user named it, or as `extends` names it relative to the user's.
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// One finding about a plan: what is wrong, where, why, and the cure. A fact; `DiagnosticRenderer` words it for people.
package struct Diagnostic: Hashable, Sendable, Codable {
    /// Ordered from worst to least: an error stops the command, a warning and a note do not.
    package enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
        case error, warning, note

        private var rank: Int {
            switch self {
            case .error: 0
            case .warning: 1
            case .note: 2
            }
        }
        package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
    }

    package var severity: Severity
    /// Stable code such as `SK101`; documented, never reused. Plan-file findings are `SK0xx`.
    package var code: String
    /// One line, no full stop.
    package var summary: String
    /// Why it is so and what it leads to, in sentences.
    package var detail: String?
    /// What to do about it, in a sentence.
    package var cure: String?
    /// A statement or command that the user can paste, if there is one.
    package var statement: String?
    /// The database object concerned, as it would be written in SQL.
    package var object: String?
    /// Where in the plan it comes from.
    package var location: SourceLocation?

    package init(
        _ severity: Severity, _ code: String, _ summary: String, detail: String? = nil, cure: String? = nil,
        statement: String? = nil, object: String? = nil, at location: SourceLocation? = nil,
    ) {
        self.severity = severity
        self.code = code
        self.summary = summary
        self.detail = detail
        self.cure = cure
        self.statement = statement
        self.object = object
        self.location = location
    }
}

/// Thrown where a plan cannot be used: all that was found, in file order.
package struct DiagnosticsError: Error, Sendable {
    package var diagnostics: [Diagnostic]
    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}
