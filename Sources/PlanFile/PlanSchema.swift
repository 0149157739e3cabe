/// The JSON Schema (draft-07) of plan files, from the same declarations as the decoder.
package enum PlanSchema {
    /// The document that `skein schema` prints and `schemas/plan.schema.json` holds, with a line feed at the end.
    package static let text = document.text() + "\n"

    private static let document: JSONText = {
        let head: JSONText = [
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "Skein plan",
            "description": "One migration of a PostgreSQL or TimescaleDB database into another.",
            "$comment": .string(unsaid.joined(separator: " ")),
            "definitions": [
                "variable": [
                    "description": "A text with an environment variable: ${NAME} or ${NAME:-fallback}.",
                    "type": "string", "pattern": "\\$\\{",
                ]
            ],
        ]
        guard case .object(let members) = PlanSection.shape.schema else { return head }
        let complete: JSONText = [
            "required": ["name", "source", "target"],
            "properties": ["source": ["required": ["uri"]], "target": ["required": ["uri"]]],
        ]
        return head.adding(members.map { ($0.name, $0.value) })
            .adding([("anyOf", [["required": ["extends"]], complete])])
    }()

    /// What `skein validate` refuses and a schema cannot say.
    static let unsaid = [
        "skein validate also refuses:",
        "values of variables (a text with ${ passes here whatever it becomes),",
        "a plan whose chain of extends lacks name, source.uri or target.uri,",
        "names longer than 63 bytes,",
        "quantities that are 0 or overflow, a unit of time given twice,",
        "integers with leading zeros or not in decimal,",
        "texts that are no libpq connection string,",
        "a table named twice in hypertables or identity, a column named twice in a list or in both segment-by and "
            + "order-by,",
        "a primary-key without the time or space column, a space column that is the time column,",
        "to beside space, columnstore, retention or from-partitions.",
    ]

    /// Each section's name and keys.
    static let sections: [(name: String, keys: [DeclaredKey])] =
        [
            ("the plan", PlanSection.keys), ("source", ServerSection.keys), ("target", ServerSection.keys),
            ("select", SelectSection.keys), ("hypertables", HypertableSection.keys),
            ("hypertables.space", SpaceSection.keys), ("hypertables.columnstore", ColumnstoreSection.keys),
            ("hypertables.retention", RetentionSection.keys), ("copy", CopySection.keys),
            ("replication", ReplicationSection.keys), ("replication.spool", SpoolSection.keys),
            ("roles", RolesSection.keys), ("grants", GrantsSection.keys), ("cutover", CutoverSection.keys),
        ] + SelectSection.sections

    /// The sections that have a key of this name, for one that was written elsewhere.
    static func sections(with key: String) -> [String] {
        sections.filter { $0.keys.contains { $0.name == key } }.map(\.name)
    }
}
