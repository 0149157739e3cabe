/// A JSON value whose objects keep their order, for the texts of schemas.
package enum JSONText: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    indirect case array([JSONText])
    indirect case object([Member])

    package struct Member: Sendable, Hashable {
        package var name: String
        package var value: JSONText

        package init(name: String, value: JSONText) {
            self.name = name
            self.value = value
        }
    }

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: JSONText...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONText)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }

    /// The object with more members behind its own.
    package func adding(_ members: [(String, JSONText)]) -> JSONText {
        guard case .object(let own) = self else { return self }
        return .object(own + members.map { Member(name: $0.0, value: $0.1) })
    }

    /// Indented by two blanks; short arrays and objects without nesting stay on their line.
    package func text(indent: String = "") -> String {
        let deeper = indent + "  "
        switch self {
        case .string(let value): return Self.quoted(value)
        case .integer(let value): return String(value)
        case .boolean(let value): return String(value)
        case .array(let items):
            let flat = "[" + items.map { $0.text() }.joined(separator: ", ") + "]"
            if isFlat, indent.count + flat.count <= 100 { return flat }
            let lines = items.map { deeper + $0.text(indent: deeper) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
        case .object(let members):
            let flat = "{" + members.map { "\(Self.quoted($0.name)): \($0.value.text())" }.joined(separator: ", ") + "}"
            if isFlat, indent.count + flat.count <= 100 { return flat }
            let lines = members.map { "\(deeper)\(Self.quoted($0.name)): \($0.value.text(indent: deeper))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        }
    }

    private var isFlat: Bool {
        switch self {
        case .array(let items): items.allSatisfy(\.isLeaf)
        case .object(let members): members.allSatisfy(\.value.isLeaf)
        default: true
        }
    }

    private var isLeaf: Bool {
        switch self {
        case .array(let items): items.isEmpty
        case .object(let members): members.isEmpty
        default: true
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                result += "\\u00" + hex(UInt8(scalar.value))
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
