extension Plan.OrderedColumn {
    static let pattern =
        "\(NameSyntax.identifierPattern)(?: +(?:asc|desc|ASC|DESC))?(?: +(?:nulls|NULLS) +(?:first|last|FIRST|LAST))?"

    /// Reads `time`, `time desc`, `"Time" asc nulls last`; the column as in SQL.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        var (name, words) = Self.split(text)
        if words.contains(where: { $0.contains(",") }) || name.first != "\"" && name.contains(",") {
            throw ValueProblem(
                .malformedOrder, reason: "it names more than one column",
                cure: "Give each column an entry of its own: [device_id, time desc].",
            )
        }
        self.init(column: try NameSyntax.identifier(name), descending: false, nullsFirst: nil)
        if let direction = words.first, ["asc", "desc", "ASC", "DESC"].contains(direction) {
            descending = direction.lowercased() == "desc"
            words.removeFirst()
        }
        if words.count == 2, ["nulls", "NULLS"].contains(words[0]), ["first", "FIRST"].contains(words[1]) {
            nullsFirst = true
        } else if words.count == 2, ["nulls", "NULLS"].contains(words[0]), ["last", "LAST"].contains(words[1]) {
            nullsFirst = false
        } else if !words.isEmpty {
            throw ValueProblem(
                .malformedOrder, reason: "`\(words.joined(separator: " "))` is not an order",
                cure: "Write `column [asc|desc] [nulls first|nulls last]`.",
            )
        }
    }

    /// The column, which may hold blanks inside quotes, and the words behind it.
    private static func split(_ text: String) -> (String, [String]) {
        var isQuoted = false
        let end =
            text.firstIndex { character in
                if character == "\"" { isQuoted.toggle() }
                return character == " " && !isQuoted
            } ?? text.endIndex
        return (String(text[..<end]), text[end...].split(separator: " ").map(String.init))
    }

    /// Written in one way only.
    var canonical: String {
        QualifiedName.quotedIfNeeded(column) + (descending ? " desc" : "")
            + (nullsFirst.map { $0 ? " nulls first" : " nulls last" } ?? "")
    }
}

extension Plan.Identity.Choice {
    static let pattern = "full|inserts-only|index +\(NameSyntax.identifierPattern)"

    /// Reads `full`, `inserts-only`, `index readings_key`.
    /// - Throws: what is wrong with `text`.
    package init(parsing text: String) throws(ValueProblem) {
        switch text {
        case "full": self = .full
        case "inserts-only": self = .insertsOnly
        default:
            guard text.hasPrefix("index ") else {
                throw ValueProblem(.malformedIdentity, reason: "")
            }
            let name = String(text.dropFirst("index ".count).drop { $0 == " " })
            do throws(ValueProblem) {
                self = .index(try NameSyntax.identifier(name))
            } catch {
                let cure = "Name the index without its schema, which is the table's: `index readings_key`."
                throw ValueProblem(
                    .malformedIdentity, reason: "the index is not named well: \(error.reason)", cure: cure)
            }
        }
    }

    /// Written in one way only.
    var canonical: String {
        switch self {
        case .full: "full"
        case .insertsOnly: "inserts-only"
        case .index(let name): "index " + QualifiedName.quotedIfNeeded(name)
        }
    }
}
