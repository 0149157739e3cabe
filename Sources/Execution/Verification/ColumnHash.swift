private import PlanFile

/// How the values of a type are made into 64 bits: the same on PostgreSQL 12 to 18, different for values that differ in
/// any way that a user can see.
///
/// The server's own hash functions of a type are used where they are exact, because text is four times as slow: they
/// are what hash partitioning rests on, so they stay what they are. They are not exact where equality is not identity
/// (`numeric` 1.0 and 1.00, `interval` 1 day and 24 hours, `jsonb`, floats' zeros): those go by their text, under the
/// pinned DateStyle, IntervalStyle, TimeZone, `extra_float_digits`, `lc_monetary` and an empty search_path. Object ids
/// in `oid` and `reg…` columns are compared as what COPY moves: a number, and a qualified name.
package enum ColumnHash: Sendable, Equatable {
    /// `function(value, seed)`.
    case native(function: String, cast: String)
    /// `float4` or `float8`: zero has a sign, and before PostgreSQL 14 NaN has several hashes.
    case float(type: String)
    /// Wide values as a digest, since their text would take twice their length.
    case bytes
    /// Output text where a cast to `text` gives another: it cuts off padding, and shows the `<?xml version="1.0"?>` that
    /// no output of the server has, COPY's included, so that it cannot arrive.
    case output(function: String)
    case text

    private static let natives: [String: (function: String, cast: String)] = [
        "int2": ("hashint2extended", "int2"), "int4": ("hashint4extended", "int4"),
        "int8": ("hashint8extended", "int8"), "bool": ("hashint4extended", "bool::pg_catalog.int4"),
        // Text of bytes above 127 differs from PostgreSQL 16 on.
        "char": ("hashcharextended", "\"char\""), "oid": ("hashoidextended", "oid"),
        "uuid": ("uuid_hash_extended", "uuid"), "time": ("time_hash_extended", "time"),
        "timestamp": ("timestamp_hash_extended", "timestamp"),
        // With time zone UTC pinned the cast changes nothing but the type.
        "timestamptz": ("timestamp_hash_extended", "timestamptz::pg_catalog.timestamp"),
    ]

    /// - Parameter builtInType: as `pg_type.typname` has it; nil for all others.
    package init(builtInType: String?) {
        switch builtInType {
        case "float4"?, "float8"?: self = .float(type: builtInType ?? "float8")
        case "bytea"?: self = .bytes
        case "bpchar"?: self = .output(function: "bpcharout")
        case "xml"?: self = .output(function: "xml_out")
        default:
            if let builtInType, let native = Self.natives[builtInType] {
                self = .native(function: native.function, cast: native.cast)
            } else {
                self = .text
            }
        }
    }

    /// An expression of type bigint, NULL for NULL.
    /// - Parameter isConverted: text is hashed as it is in UTF-8, for databases in other encodings: hashes are of bytes.
    func expression(_ column: String, seed: Int, isConverted: Bool = false) -> String {
        func ofText(_ text: String) -> String {
            // Escaped, because bytes that are no text of the database's encoding cannot be text.
            let bytes = isConverted ? "encode(convert_to(\(text), 'UTF8'), 'escape')" : text
            return "hashtextextended((\(bytes)) collate \"C\", \(seed))"
        }
        switch self {
        case .native(let function, let cast): return "\(function)(\(column)::pg_catalog.\(cast), \(seed))"
        case .float(let type):
            let value = "\(column)::pg_catalog.\(type)"
            return "case when \(value) = 0 or \(value) = 'NaN' then \(ofText("\(column)::text")) "
                + "else hash\(type)extended(\(value), \(seed)) end"
        case .bytes:
            return "case when octet_length(\(column)) < 1000000 then \(ofText("\(column)::text")) "
                + "else \(ofText("sha256(\(column))::text")) end"
        case .output(let function): return ofText("textin(\(function)(\(column)))")
        case .text: return ofText("\(column)::text")
        }
    }
}

extension ComparedTable {
    /// A row's hash: an expression of type bigint, never NULL.
    var rowHash: String { hash(columns) }

    /// The key's hash; the row's where there is no key.
    var keyHash: String { key.isEmpty ? rowHash : hash(key.map { columns[$0] }) }

    /// Each column has a seed of its own, so that values that change places change the hash; the outer hash keeps the
    /// sum over the rows from falling apart into sums over the columns, which values swapped between rows would leave
    /// as they are.
    private func hash(_ columns: [ComparedColumn]) -> String {
        guard !columns.isEmpty else { return "0::bigint" }
        let parts = columns.enumerated().map { position, column in
            let hash = column.hash.expression(
                QualifiedName.quoted(column.name), seed: position + 1, isConverted: isConverted)
            return "coalesce(\(hash), \(Int64(position + 1) &* 0x1E37_79B9_7F4A_7C15))"
        }
        return "hashint8extended(\(Self.balanced(parts[...])), 0)"
    }

    /// A tree, since a chain of 1600 columns nests too deep for the server's stack.
    private static func balanced(_ parts: ArraySlice<String>) -> String {
        guard parts.count > 1 else { return parts.first ?? "0" }
        let middle = parts.startIndex + parts.count / 2
        return "(\(balanced(parts[..<middle])) # \(balanced(parts[middle...])))"
    }
}
