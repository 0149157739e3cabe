/// A type of value in the plan language: one declaration from which the decoder, the schema and the messages come.
struct Shape<Value: Sendable>: Sendable {
    /// What the value must be, as a message says it: `a whole number from 1 to 64`.
    let wanted: String
    /// Its JSON Schema, draft-07.
    let schema: JSONText
    var isScalar = false
    /// The value of a node, or nil where it is wrong, which is then reported.
    let decode: @Sendable (Node, inout Decoding) -> Value?
}

/// A key of a section.
struct Key<Value: Sendable>: Sendable {
    let name: String
    let shape: Shape<Value>
    /// What it is for, in sentences: the schema's description and the documentation's text.
    let about: String
    let isRequired: Bool
    /// The default that the plan language fixes, as the schema shows it.
    let shownDefault: JSONText?

    init(
        _ name: String, _ shape: Shape<Value>, _ about: String, required: Bool = false, default: JSONText? = nil,
    ) {
        self.name = name
        self.shape = shape
        self.about = about
        isRequired = required
        shownDefault = `default`
    }

    /// What a section needs to know of its keys.
    var declared: DeclaredKey {
        let extra: [(String, JSONText)] = shownDefault.map { [("default", $0)] } ?? []
        let schema = JSONText.object([.init(name: "description", value: .string(about))])
        guard case .object(let members) = shape.schema else {
            return DeclaredKey(name: name, schema: schema, wanted: shape.wanted, about: about)
        }
        return DeclaredKey(
            name: name, schema: schema.adding(extra).adding(members.map { ($0.name, $0.value) }),
            isRequired: isRequired, wanted: shape.wanted, about: about,
        )
    }
}

/// A key without its type.
struct DeclaredKey: Sendable {
    var name: String
    var schema: JSONText
    var isRequired = false
    /// What its value must be, as a message says it.
    var wanted: String
    var about: String
}

extension Shape {
    /// A scalar, read by `parse`.
    static func scalar(
        _ wanted: String, schema: JSONText, parse: @escaping @Sendable (Scalar) throws(ValueProblem) -> Value,
    ) -> Shape {
        Shape(wanted: wanted, schema: schema, isScalar: true) { node, decoding in
            guard case .scalar(let scalar) = node.content else {
                decoding.reportWrongType(node, wanted: wanted)
                return nil
            }
            do throws(ValueProblem) {
                return try parse(scalar)
            } catch {
                decoding.report(error, scalar, wanted: wanted, at: node.location)
                return nil
            }
        }
    }

    /// A text, read by `parse`. The pattern is ECMA 262 without anchors; a text with a variable passes the schema, as
    /// nobody knows its value there.
    static func text(
        _ wanted: String, pattern: String?, examples: [JSONText],
        parse: @escaping @Sendable (String) throws(ValueProblem) -> Value,
    ) -> Shape {
        var schema: JSONText = ["type": "string"]
        if let pattern { schema = schema.adding([("pattern", .string("^(?:\(pattern))$|\\$\\{"))]) }
        if pattern == nil { schema = schema.adding([("minLength", 1)]) }
        if !examples.isEmpty { schema = schema.adding([("examples", .array(examples))]) }
        return .scalar(wanted, schema: schema) { scalar throws(ValueProblem) in try parse(try scalar.requireText()) }
    }

    /// One of an enumeration's words.
    static func choice() -> Shape
    where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        let wanted = Phrase.list(words, "or")
        let schema: JSONText = .withVariable(["enum": .array(words.map { .string($0) })])
        return .scalar(wanted, schema: schema) { scalar throws(ValueProblem) in
            let text = try scalar.requireText()
            if let value = Value(rawValue: text) { return value }
            let meant = Suggestion.nearest(to: text, among: words)
            throw ValueProblem(.notAChoice, reason: "", cure: meant.map { "Did you mean `\($0)`?" })
        }
    }
}

extension Shape where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Shape {
        let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        let schema: JSONText = .withVariable([
            "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
            "maximum": .integer(Int64(range.upperBound)),
        ])
        return .scalar(wanted, schema: schema) { scalar throws(ValueProblem) in
            let value = try scalar.requireInteger()
            guard let number = Int(exactly: value), range.contains(number) else {
                throw ValueProblem(.outOfRange, reason: "")
            }
            return number
        }
    }
}

extension Shape where Value == Bool {
    static var boolean: Shape {
        .scalar("true or false", schema: .withVariable(["type": "boolean"])) { scalar throws(ValueProblem) in
            if scalar.kind == .boolean || scalar.expression != nil, let value = Bool(scalar.text.lowercased()) {
                return value
            }
            let meant: Bool? =
                switch scalar.text.lowercased() {
                case "yes", "on", "y", "1", "true": true
                case "no", "off", "n", "0", "false": false
                default: nil
                }
            throw ValueProblem(.wrongType, reason: "", cure: meant.map { "Write `\($0)`, without quotes." })
        }
    }
}

extension Shape {
    /// A list of values of one shape.
    static func list<Element>(of element: Shape<Element>, _ wanted: String) -> Shape<[Located<Element>]> {
        Shape<[Located<Element>]>(wanted: wanted, schema: ["type": "array", "items": element.schema]) {
            node, decoding in
            guard case .sequence(let nodes) = node.content else {
                var cure: String?
                if case .scalar(let scalar) = node.content, element.isScalar {
                    cure = "Write `[\(Secrets.masked(scalar.expression ?? scalar.text))]`."
                }
                decoding.reportWrongType(node, wanted: wanted, cure: cure)
                return nil
            }
            var values: [Located<Element>] = []
            for node in nodes {
                if let value = decoding.decodeEntry(node, element) { values.append(Located(value, at: node.location)) }
            }
            return values
        }
    }
}

extension JSONText {
    /// `schema`, or a text with a variable in it.
    static func withVariable(_ schema: JSONText) -> JSONText {
        ["anyOf": [schema, ["$ref": "#/definitions/variable"]]]
    }
}

extension Scalar {
    /// The text of a scalar that YAML takes for one.
    func requireText() throws(ValueProblem) -> String {
        guard kind == .text else {
            throw ValueProblem(.wrongType, reason: "", cure: "Put it in quotes if it is meant as a text: \"\(text)\".")
        }
        guard !text.isEmpty else { throw ValueProblem(.noValue, reason: "") }
        return text
    }

    func requireInteger() throws(ValueProblem) -> Int64 {
        guard kind == .integer || expression != nil, Self.isInteger(text) else {
            let isQuoted = expression == nil && Self.isInteger(text)
            throw ValueProblem(.wrongType, reason: "", cure: isQuoted ? "Write it without quotes: \(text)." : nil)
        }
        // YAML 1.1 and 1.2 read these differently, and so do people.
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        guard digits.count == 1 || digits.first != "0" else {
            throw ValueProblem(.wrongType, reason: "", cure: "Write it in decimal, without zeros in front.")
        }
        guard let value = Int64(text) else {
            throw ValueProblem(.outOfRange, reason: "it does not fit in 64 bits")
        }
        return value
    }
}
