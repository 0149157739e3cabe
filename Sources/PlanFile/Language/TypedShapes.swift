extension Shape where Value == String {
    /// A column's name, as in SQL.
    static var column: Shape {
        .text(
            "a column's name", pattern: NameSyntax.identifierPattern, examples: ["time", "\"Time\""],
            parse: NameSyntax.identifier)
    }

    static var path: Shape { .text("a path", pattern: nil, examples: []) { text throws(ValueProblem) in text } }
}

extension Shape where Value == PlanDuration {
    static var duration: Shape {
        let schema: JSONText = [
            "type": "string", "pattern": .string("^(?:\(PlanDuration.pattern))$|\\$\\{"),
            "examples": ["7 days", "30 s"],
        ]
        return .scalar("a duration such as `7 days`", schema: schema) { scalar throws(ValueProblem) in
            try PlanDuration(parsing: try scalar.requireQuantity())
        }
    }
}

extension Shape where Value == QualifiedName {
    static var table: Shape {
        .text(
            "a table's name with its schema", pattern: QualifiedName.pattern,
            examples: ["public.readings", "public.\"My Table\""],
        ) { text throws(ValueProblem) in try QualifiedName(parsing: text) }
    }
}

extension Shape where Value == QualifiedNamePattern {
    /// - Parameter what: `a table's name`, for the message.
    static func qualifiedPattern(_ what: String, examples: [JSONText]) -> Shape {
        .text(
            "\(what) with its schema, with `*` and `?` as wildcards", pattern: QualifiedNamePattern.pattern,
            examples: examples,
        ) { text throws(ValueProblem) in try QualifiedNamePattern(parsing: text) }
    }
}

extension Shape where Value == NamePattern {
    static func pattern(_ what: String, examples: [JSONText]) -> Shape {
        .text("\(what), with `*` and `?` as wildcards", pattern: NamePattern.pattern, examples: examples) {
            text throws(ValueProblem) in try NamePattern(parsing: text)
        }
    }
}

extension Shape where Value == ByteCount {
    /// A number alone is bytes.
    static var size: Shape {
        let text: JSONText = [
            "type": "string", "pattern": .string("^(?:\(ByteCount.pattern))$|\\$\\{"), "examples": ["10 GB", "512 MB"],
        ]
        let schema: JSONText = ["anyOf": [["type": "integer", "minimum": 1], text]]
        return .scalar("a size such as `10 GB`", schema: schema) { scalar throws(ValueProblem) in
            guard scalar.kind == .integer || scalar.expression != nil && Scalar.isInteger(scalar.text) else {
                return try ByteCount(parsing: try scalar.requireQuantity())
            }
            let bytes = try scalar.requireInteger()
            guard bytes > 0 else { throw ValueProblem(.outOfRange, reason: "it must be more than 0") }
            return ByteCount(bytes: bytes)
        }
    }
}

extension Shape where Value == Plan.ChunkInterval {
    static var chunkInterval: Shape {
        let text: JSONText = [
            "type": "string", "pattern": .string("^(?:\(PlanDuration.pattern))$|\\$\\{"),
            "examples": ["7 days", "12 hours"],
        ]
        let schema: JSONText = ["anyOf": [["type": "integer", "minimum": 1], text]]
        let wanted = "a duration such as `7 days`, or a whole number for an integer column"
        return .scalar(wanted, schema: schema) { scalar throws(ValueProblem) in
            guard scalar.kind == .integer || scalar.expression != nil && Scalar.isInteger(scalar.text) else {
                return .duration(try PlanDuration(parsing: try scalar.requireQuantity()))
            }
            let number = try scalar.requireInteger()
            guard number > 0 else { throw ValueProblem(.outOfRange, reason: "it must be more than 0") }
            return .integer(number)
        }
    }
}
