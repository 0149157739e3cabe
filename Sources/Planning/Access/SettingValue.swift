internal import PlanFile

/// A stored setting as `alter … set` takes it.
package enum SettingValue {
    /// Settings that are lists of names, which the server keeps quoted: given as one string they would become one name
    /// (`variable_is_guc_list_quote` in pg_dump's source).
    private static let lists: Set<String> = [
        "local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries",
        "temp_tablespaces", "unix_socket_directories", "restrict_nonsystem_relation_kind", "oauth_validator_libraries",
    ]

    /// `"search_path" = 'app', 'public'`; a dotted name's parts are quoted each.
    package static func assignment(_ name: String, _ value: String) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let quoted = parts.map { QualifiedName.quoted(String($0)) }.joined(separator: ".")
        let items = lists.contains(name.lowercased()) ? elements(value) : [value]
        return "\(quoted) = " + (items.isEmpty ? "''" : items.map(literal).joined(separator: ", "))
    }

    /// A string constant, whatever `standard_conforming_strings` says.
    package static func literal(_ text: String) -> String {
        let doubled = QualifiedName.doubling("'", in: text)
        return text.unicodeScalars.contains("\\")
            ? "E'" + QualifiedName.doubling("\\", in: doubled) + "'" : "'" + doubled + "'"
    }

    /// The names in a list such as `"$user", public`.
    static func elements(_ list: String) -> [String] {
        var (found, current): ([String], String.UnicodeScalarView) = ([], .init())
        var (isQuoted, wasQuoted) = (false, false)
        let scalars = Array(list.unicodeScalars)
        var position = 0
        func finish() {
            var text = String(current)
            if !wasQuoted {
                text = String(text.drop { $0 == " " })
                while text.last == " " { text.removeLast() }
            }
            if wasQuoted || !text.isEmpty { found.append(text) }
            current = .init()
            wasQuoted = false
        }
        while position < scalars.count {
            let scalar = scalars[position]
            if scalar == "\"" {
                if isQuoted, position + 1 < scalars.count, scalars[position + 1] == "\"" {
                    current.append("\"")
                    position += 1
                } else {
                    isQuoted.toggle()
                    wasQuoted = true
                }
            } else if scalar == ",", !isQuoted {
                finish()
            } else if isQuoted || !(scalar == " " && (wasQuoted || current.isEmpty)) {
                current.append(scalar)
            }
            position += 1
        }
        finish()
        return found
    }
}
