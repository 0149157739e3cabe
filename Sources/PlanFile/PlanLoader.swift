/// Turns a plan file into a plan, or says all that is wrong with it.
package enum PlanLoader {
    /// More than this nobody reads, and wording them all would take its time.
    static let mostFindings = 1000

    /// Reads the plan file at `path` and those it extends.
    ///
    /// Reads regular files of at most 1 MiB each and nothing else; no server is needed.
    /// - Parameter environment: the variables for `${NAME}`.
    /// - Returns: the plan, nil if and only if a diagnostic is an error; and all diagnostics by file and line, the
    ///   user's file first.
    package static func load(
        path: String, environment: [String: String],
    ) -> (plan: Plan?, diagnostics: [Diagnostic]) {
        var chain = PlanChain(environment: environment)
        chain.load(path)
        return decode(chain, file: path)
    }

    /// Decodes a plan from memory. `file` names it in diagnostics, and paths are relative to its folder.
    package static func load(
        text: String, file: String, environment: [String: String],
    ) -> (plan: Plan?, diagnostics: [Diagnostic]) {
        var chain = PlanChain(environment: environment)
        chain.load(Array(text.utf8), file: file)
        return decode(chain, file: file)
    }

    private static func decode(_ chain: PlanChain, file: String) -> (plan: Plan?, diagnostics: [Diagnostic]) {
        var findings = chain.findings
        var plan: Plan?
        if let root = chain.merged {
            let (node, problems) = Substitution.applied(to: root, environment: chain.environment)
            findings += problems
            var decoding = Decoding(file: file, isIncomplete: chain.isIncomplete)
            plan = PlanSection.shape.decode(node, &decoding)
            findings += decoding.findings
        }
        findings = sorted(findings, files: chain.files)
        if findings.count > mostFindings {
            findings = findings.prefix(mostFindings) + [Diagnostic(.tooManyFindings, "there is more wrong", at: nil)]
        }
        guard !findings.contains(where: { $0.severity == .error }) else { return (nil, findings) }
        if let hash = plan?.computedHash { plan?.hash = hash }
        return (plan, findings)
    }

    private static func sorted(_ findings: [Diagnostic], files: [String]) -> [Diagnostic] {
        func key(_ finding: Diagnostic) -> (Int, Int, Int) {
            guard let location = finding.location else { return (-1, 0, 0) }
            return (files.firstIndex(of: location.file) ?? files.count, location.line, location.column)
        }
        let numbered = findings.enumerated().map { (key: key($1), index: $0, finding: $1) }
        let ordered = numbered.sorted { left, right in
            left.key == right.key ? left.index < right.index : left.key < right.key
        }
        var seen: Set<Diagnostic> = []
        return ordered.map(\.finding).filter { seen.insert($0).inserted }
    }
}
