private import Foundation

/// The part of JSON Schema draft-07 that our schemas use; it is an error to meet a keyword that is not here.
package final class JSONSchema {
    package struct UnknownKeyword: Error { package var keyword: String }

    package let root: [String: Any]
    /// Making one takes longer than using it.
    private var patterns: [String: Regex<AnyRegexOutput>] = [:]

    package init(_ text: String) throws {
        root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    /// Whether an object is valid. It goes through JSON first, so that its numbers and booleans can be told apart.
    package func accepts(_ object: [String: Any]) throws -> Bool {
        let data = try JSONSerialization.data(withJSONObject: object)
        return try accepts(JSONSerialization.jsonObject(with: data), root)
    }

    /// Whether an object is valid by one of `definitions`.
    package func accepts(_ object: [String: Any], definition: String) throws -> Bool {
        let data = try JSONSerialization.data(withJSONObject: object)
        return try accepts(
            JSONSerialization.jsonObject(with: data), ["$ref": "#/definitions/" + definition] as [String: Any])
    }

    /// Keys of an object, and of what is in it, that the schema does not know: it allows them, and says nothing of them.
    package func unknownKeys(_ value: Any, definition: String) -> [String] {
        unknownKeys(value, ["$ref": "#/definitions/" + definition], path: "")
    }

    private func unknownKeys(_ value: Any, _ schema: [String: Any], path: String) -> [String] {
        if let name = schema["$ref"] as? String {
            let definitions = root["definitions"] as? [String: [String: Any]] ?? [:]
            return unknownKeys(value, definitions[String(name.dropFirst("#/definitions/".count))] ?? [:], path: path)
        }
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            return object.sorted { $0.key < $1.key }.flatMap { name, member in
                properties[name].map { unknownKeys(member, $0, path: "\(path).\(name)") } ?? ["\(path).\(name)"]
            }
        }
        guard let items = schema["items"] as? [String: Any] else { return [] }
        return (value as? [Any] ?? []).flatMap { unknownKeys($0, items, path: path + "[]") }
    }

    private func accepts(_ value: Any, _ schema: [String: Any]) throws -> Bool {
        for (keyword, argument) in schema where try !accepts(value, keyword, argument, schema) { return false }
        return true
    }

    private func accepts(_ value: Any, _ keyword: String, _ argument: Any, _ schema: [String: Any]) throws -> Bool {
        let object = value as? [String: Any]
        switch (keyword, argument) {
        case ("$schema", _), ("$comment", _), ("title", _), ("description", _), ("default", _), ("examples", _),
            ("definitions", _):
            return true
        case ("$ref", let name as String):
            let definitions = root["definitions"] as? [String: [String: Any]] ?? [:]
            let target = definitions[String(name.dropFirst("#/definitions/".count))]
            guard let target else { throw UnknownKeyword(keyword: name) }
            return try accepts(value, target)
        case ("type", let type as String): return Self.type(of: value).contains(type)
        case ("enum", let values as [Any]): return values.contains { Self.equal($0, value) }
        case ("pattern", let pattern as String):
            guard let text = value as? String else { return true }
            let regex = try patterns[pattern] ?? Regex(pattern).matchingSemantics(.unicodeScalar)
            patterns[pattern] = regex
            return try regex.firstMatch(in: text) != nil
        case ("minLength", let least as Int): return (value as? String).map { $0.unicodeScalars.count >= least } ?? true
        case ("minimum", let least as Int): return Self.number(value).map { $0 >= Double(least) } ?? true
        case ("maximum", let most as Int): return Self.number(value).map { $0 <= Double(most) } ?? true
        case ("required", let names as [String]): return object.map { names.allSatisfy($0.keys.contains) } ?? true
        case ("properties", let properties as [String: [String: Any]]):
            for (name, member) in object ?? [:] {
                if let property = properties[name], try !accepts(member, property) { return false }
            }
            return true
        case ("additionalProperties", _):
            let known = (schema["properties"] as? [String: Any] ?? [:]).keys
            for (name, member) in object ?? [:] where !known.contains(name) {
                guard let further = argument as? [String: Any], try accepts(member, further) else { return false }
            }
            return true
        case ("propertyNames", let names as [String: Any]):
            return try (object ?? [:]).keys.allSatisfy { try accepts($0, names) }
        case ("items", let item as [String: Any]):
            return try (value as? [Any] ?? []).allSatisfy { try accepts($0, item) }
        case ("anyOf", let schemas as [[String: Any]]): return try schemas.contains { try accepts(value, $0) }
        default: throw UnknownKeyword(keyword: keyword)
        }
    }

    private static func type(of value: Any) -> Set<String> {
        switch value {
        case is NSNull: ["null"]
        case is String: ["string"]
        case is [Any]: ["array"]
        case is [String: Any]: ["object"]
        case let number as NSNumber where isBoolean(number): ["boolean"]
        case let number as NSNumber:
            number.doubleValue == number.doubleValue.rounded() ? ["integer", "number"] : ["number"]
        default: []
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool { unsafe String(cString: number.objCType) == "c" }

    private static func number(_ value: Any) -> Double? {
        guard let number = value as? NSNumber, !isBoolean(number) else { return nil }
        return number.doubleValue
    }

    private static func equal(_ left: Any, _ right: Any) -> Bool {
        if let left = left as? String, let right = right as? String { return left == right }
        if let left = number(left), let right = number(right) { return left == right }
        return false
    }
}
