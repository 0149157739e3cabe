/// Puts the environment's variables into the scalars of a tree. Keys are left alone; a value never becomes structure.
enum Substitution {
    /// The tree with values in place, and what was wrong: each such scalar is then unusable.
    static func applied(to node: Node, environment: [String: String]) -> (Node, [Diagnostic]) {
        var findings: [Diagnostic] = []
        return (applied(to: node, environment, &findings), findings)
    }

    private static func applied(
        to node: Node, _ environment: [String: String], _ findings: inout [Diagnostic],
    ) -> Node {
        var result = node
        switch node.content {
        case .unusable: break
        case .sequence(let items):
            result.content = .sequence(items.map { applied(to: $0, environment, &findings) })
        case .mapping(let entries):
            result.content = .mapping(
                entries.map { entry in
                    var entry = entry
                    entry.value = applied(to: entry.value, environment, &findings)
                    return entry
                })
        case .scalar(let scalar) where scalar.text.contains("${"):
            do throws(ValueProblem) {
                let template = try VariableText(scalar.text)
                let text = try template.resolved(environment)
                guard text.utf8.count <= Scalar.longest, !text.utf8.contains(0) else {
                    throw ValueProblem(
                        .tooLong, reason: "with its variables, the text is longer than \(Scalar.longest) bytes")
                }
                result.content = .scalar(
                    Scalar(
                        text, isPlain: scalar.isPlain, expression: template.hasVariables ? scalar.text : nil))
            } catch {
                if findings.count <= PlanLoader.mostFindings {
                    findings.append(Diagnostic(error.code, error.reason, cure: error.cure, at: node.location))
                }
                result.content = .unusable
            }
        case .scalar: break
        }
        return result
    }
}
