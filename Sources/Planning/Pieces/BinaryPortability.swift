internal import Catalog
internal import PlanFile

/// Whether a table's rows may travel in COPY's binary format: whether each column's type has the same binary form on
/// both sides. Where that is not known, the answer is no, and text is used.
struct BinaryPortability {
    let types: [OID: Catalog.DataType]
    /// `server_version_num` of the target. Arrays and composites carry the object ids of what they are made of, which
    /// for users' types differ from server to server. From 14 on the receiver minds them for built-in types only
    /// (`array_recv`, `record_recv`).
    let targetVersion: Int

    /// Below it, object ids are the same on every server (PostgreSQL's `FirstNormalObjectId`).
    private static let firstUserOID: OID = 16_384

    /// Of `pg_catalog`: those that carry object ids, in whatever form, those that depend on settings (money on
    /// `lc_monetary`, xml on its encoding), and tsquery and int2vector, whose empty values the receiver refuses.
    private static let unportable: Set<String> = [
        "oid", "oidvector", "regproc", "regprocedure", "regoper", "regoperator", "regclass", "regtype", "regconfig",
        "regdictionary", "regrole", "regnamespace", "regcollation", "regdatabase", "money", "xml", "aclitem",
        "pg_node_tree", "pg_ddl_command", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary",
        "pg_brin_minmax_multi_summary", "refcursor", "gtsvector", "record",
        "tsquery", "int2vector",
    ]

    /// Types of extensions whose binary form is the same in all their versions that have one: tried from 15 to 17.
    private static let knownExtensionTypes: [String: Set<String>] = [
        "citext": ["citext"], "hstore": ["hstore"], "ltree": ["ltree", "lquery", "ltxtquery"], "cube": ["cube"],
    ]

    /// The first column that keeps a table from binary, in words; nil where nothing does.
    func obstacle(in columns: [Catalog.Column]) -> String? {
        for column in columns {
            if let reason = obstacle(of: column.type, depth: 0) {
                let name = QualifiedName.quotedIfNeeded(column.name)
                return "column \(name) is \(column.typeName), which \(reason)"
            }
        }
        return nil
    }

    private func obstacle(of oid: OID, depth: Int) -> String? {
        guard depth < 32 else { return "is nested too deeply to judge" }
        guard let type = types[oid] else { return "is not known" }
        guard type.hasBinaryIO || type.kind == .domain else { return "has no binary form" }
        if let name = type.extensionName, type.element == nil {
            let isKnown = Self.knownExtensionTypes[name]?.contains(type.name) ?? false
            return isKnown ? nil : "belongs to extension \(QualifiedName.quotedIfNeeded(name))"
        }
        let isBuiltIn = oid < Self.firstUserOID && type.schema == "pg_catalog"
        if isBuiltIn, Self.unportable.contains(type.name) { return "differs from server to server in binary form" }
        if let element = type.element {
            guard isCarried(element) else { return "carries its element type's object id" }
            return obstacle(of: element, depth: depth + 1)
        }
        switch type.kind {
        case .base:
            return isBuiltIn ? nil : "is a type of its own"
        case .enum: return nil
        case .domain, .range, .multirange:
            guard let base = type.base else { return "is not known" }
            return obstacle(of: base, depth: depth + 1)
        case .composite:
            for attribute in type.attributes {
                guard isCarried(attribute) else { return "carries its attributes' object ids" }
                if let reason = obstacle(of: attribute, depth: depth + 1) { return reason }
            }
            return nil
        case .pseudo: return "is no type that is stored"
        }
    }

    /// Whether a type's object id may be written into the rows.
    private func isCarried(_ oid: OID) -> Bool { oid < Self.firstUserOID || targetVersion >= 140_000 }
}
