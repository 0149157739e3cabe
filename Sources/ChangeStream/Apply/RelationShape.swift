internal import LogicalDecoding
internal import PlanFile

/// Where the columns of a relation of the stream are on the target.
enum RelationShape {
    /// For each of the relation's columns its position in the table's columns; -1 for one that is generated there.
    /// - Parameter typeName: the stream's name of a type that is not built in.
    /// - Throws: what of the relation has no place.
    static func places(
        of relation: Relation, in table: AppliedTable, typeName: (UInt32) -> String?,
    ) throws(ShapeDifference) -> [Int] {
        var places: [Int] = []
        for column in relation.columns {
            guard let place = table.columns.firstIndex(where: { same($0.name, column.name) }) else {
                guard !table.generated.contains(column.name) else {
                    places.append(-1)
                    continue
                }
                throw ShapeDifference(
                    table: table.name, column: column.name, what: .added(type: name(of: column, typeName)))
            }
            let target = table.columns[place]
            if let source = difference(column, target, typeName) {
                throw ShapeDifference(
                    table: table.name, column: column.name,
                    what: .changedType(source: source, target: target.formatted))
            }
            places.append(place)
        }
        if relation.isComplete, let gone = table.columns.indices.first(where: { !places.contains($0) }) {
            throw ShapeDifference(table: table.name, column: table.columns[gone].name, what: .dropped)
        }
        return places
    }

    /// The first id that is given to types that are not built in (`FirstNormalObjectId`).
    private static let firstOwnOID = 16_384

    /// Another type's name, nil where it is the same as far as the stream tells.
    private static func difference(
        _ column: RelationColumn, _ target: TargetTable.Column, _ typeName: (UInt32) -> String?,
    ) -> String? {
        guard !target.isDomain else { return nil }
        if let oid = column.typeOID {
            if oid < firstOwnOID {
                if oid != target.typeOID { return name(of: column, typeName) }
                // -1 is also what plugins say that tell no modifier.
                let isModified = column.typeModifier != -1 && column.typeModifier != target.typeModifier
                return isModified ? name(of: column, typeName) : nil
            }
            if target.typeOID < firstOwnOID { return name(of: column, typeName) }
            // A type's schema may differ where an extension lives in another one.
            guard let source = typeName(oid) else { return nil }
            let isSame = ["." + source, "." + QualifiedName.quoted(source)].contains { target.typeName.hasSuffix($0) }
            return isSame ? nil : source
        }
        guard let source = column.typeName else { return nil }
        // `format_type` without modifier; what is not built in may be qualified on one side and not on the other.
        guard target.typeOID < firstOwnOID, let plain = BuiltInType.names[target.typeOID] else { return nil }
        return plain == source || plain == "" ? nil : source
    }

    private static func name(of column: RelationColumn, _ typeName: (UInt32) -> String?) -> String {
        if let name = column.typeName { return name }
        guard let oid = column.typeOID else { return "…" }
        guard let name = BuiltInType.names[oid] else { return typeName(oid) ?? "…" }
        return name + BuiltInType.modifier(column.typeModifier, of: oid)
    }

    private static func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}

/// SQL's names of the types that columns mostly have, by their ids (`pg_type.dat`), which never change.
enum BuiltInType {
    static let names: [UInt32: String] = [
        16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
        26: "oid", 114: "json", 142: "xml", 600: "point", 650: "cidr", 700: "real", 701: "double precision",
        790: "money", 829: "macaddr", 869: "inet", 1000: "boolean[]", 1005: "smallint[]", 1007: "integer[]",
        1009: "text[]", 1016: "bigint[]", 1021: "real[]", 1022: "double precision[]", 1042: "character",
        1043: "character varying", 1082: "date", 1083: "time without time zone", 1114: "timestamp without time zone",
        1184: "timestamp with time zone", 1186: "interval", 1266: "time with time zone", 1560: "bit",
        1562: "bit varying", 1700: "numeric", 2950: "uuid", 3802: "jsonb",
    ]

    /// A modifier as SQL writes it (`varchartypmodout`, `numerictypmodout`, `anytime_typmodout`), where it is simple.
    static func modifier(_ modifier: Int32, of oid: UInt32) -> String {
        guard modifier >= 0 else { return "" }
        switch oid {
        case 1042, 1043: return "(\(modifier - 4))"
        case 1560, 1562: return "(\(modifier))"
        case 1700:
            // The scale has eleven bits and a sign.
            let scale = ((modifier - 4) & 0x7FF) ^ 1024
            return "(\((modifier - 4) >> 16),\(scale - 1024))"
        default: return ""
        }
    }
}
