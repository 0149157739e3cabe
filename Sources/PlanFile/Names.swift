/// A migration's name as written, `[a-z0-9_-]+`; `identifier` names slots, publications and state rows.
package struct PlanName: Hashable, Sendable {
    package var text: String
    package init(text: String) { self.text = text }
    /// `text` with `-` as `_`.
    package var identifier: String { String(text.map { $0 == "-" ? "_" : $0 }) }
}

/// A schema-qualified name, each part exactly as the catalogs hold it (unquoted, case as stored).
package struct QualifiedName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var schema: String
    package var name: String

    package init(schema: String, name: String) {
        self.schema = schema
        self.name = name
    }

    /// As a user writes it in a plan and as messages show it: parts quoted only where SQL needs it.
    package var description: String { Self.quotedIfNeeded(schema) + "." + Self.quotedIfNeeded(name) }

    /// Both parts quoted, for use in SQL.
    package var sql: String { Self.quoted(schema) + "." + Self.quoted(name) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.schema, left.name) < (right.schema, right.name)
    }

    // A server compares names byte by byte; to Swift, strings are equal that Unicode calls equivalent.
    package static func == (left: Self, right: Self) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.schema.utf8.elementsEqual(right.schema.utf8)
    }

    /// An identifier in double quotes, quotes inside doubled. The one function that quotes identifiers.
    package static func quoted(_ identifier: String) -> String {
        "\"" + doubling("\"", in: identifier) + "\""
    }

    /// `text` with each `quote` twice. Not by `Character`: a quote before a combining mark is another one.
    package static func doubling(_ quote: Unicode.Scalar, in text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == quote { result.append(quote) }
            result.append(scalar)
        }
        return String(result)
    }

    /// Quoted unless it is lower-case letters, digits and underscores, not starting with a digit.
    package static func quotedIfNeeded(_ identifier: String) -> String {
        let plain =
            identifier.utf8.first.map { !($0 >= 0x30 && $0 <= 0x39) } ?? false
            && identifier.utf8.allSatisfy {
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F
            }
        return plain ? identifier : quoted(identifier)
    }
}

/// One part of a name, in which an unquoted `*` matches any run of characters and `?` any one.
package struct NamePattern: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        case literal(Character)
        case anyRun
        case anyOne
    }
    package var elements: [Element]
    /// As written.
    package var text: String

    package init(elements: [Element], text: String) {
        self.elements = elements
        self.text = text
    }

    /// Whether the pattern holds no wildcard, so that it names exactly one object.
    package var isLiteral: Bool { elements.allSatisfy { if case .literal = $0 { true } else { false } } }

    /// Whether `name`, as the catalogs hold it, matches. Linear in practice; no recursion.
    package func matches(_ name: String) -> Bool {
        let characters = name.unicodeScalars.map { Character($0) }
        var (position, index) = (0, 0)
        var (retryPosition, retryIndex): (Int, Int?) = (0, nil)
        while position < characters.count {
            if index < elements.count {
                switch elements[index] {
                case .anyRun:
                    (retryPosition, retryIndex) = (position, index)
                    index += 1
                    continue
                case .anyOne:
                    position += 1
                    index += 1
                    continue
                case .literal(let character) where character == characters[position]:
                    position += 1
                    index += 1
                    continue
                case .literal: break
                }
            }
            guard let restart = retryIndex else { return false }
            retryPosition += 1
            position = retryPosition
            index = restart + 1
        }
        return elements[index...].allSatisfy { $0 == .anyRun }
    }
}

/// `schema.table` with wildcards in either part.
package struct QualifiedNamePattern: Hashable, Sendable {
    package var schema: NamePattern
    package var name: NamePattern

    package init(schema: NamePattern, name: NamePattern) {
        self.schema = schema
        self.name = name
    }
    package var text: String { schema.text + "." + name.text }
    package var isLiteral: Bool { schema.isLiteral && name.isLiteral }
    package func matches(_ name: QualifiedName) -> Bool {
        schema.matches(name.schema) && self.name.matches(name.name)
    }
}
