package import Catalog
internal import PlanFile

extension Fingerprint {
    /// Of the source: everything that is migrated, and what the graph and its object ids rest on.
    package static func source(_ catalog: Catalog, _ selection: ResolvedSelection) -> Fingerprint {
        var collection = FingerprintCollection()
        collection.addServer(catalog.server)
        let names = Dictionary(catalog.relations.map { ($0.oid, $0.name.description) }) { first, _ in first }
        let selected = Set(selection.relations.map(\.oid))
        for relation in selection.relations { collection.add(relation, names) }
        for family in selection.families.values {
            for member in family.members where !family.excluded.contains(member.oid) { collection.add(member, names) }
        }
        for index in selection.indexes {
            collection.add(
                "index \(index.name)",
                [String(index.oid), index.definition, String(index.isValid), index.parent.map { String($0) }])
        }
        for constraint in selection.constraints {
            let table = names[constraint.table] ?? ""
            collection.add(
                "constraint \(table).\(QualifiedName.quotedIfNeeded(constraint.name))",
                [String(constraint.oid), constraint.definition, String(constraint.isValidated)])
        }
        for trigger in catalog.triggers where selected.contains(trigger.table) {
            let table = names[trigger.table] ?? ""
            collection.add(
                "trigger \(table).\(QualifiedName.quotedIfNeeded(trigger.name))",
                [String(trigger.oid), trigger.enabled, String(trigger.isRowLevel)])
        }
        for policy in catalog.policies where selected.contains(policy.table) {
            let table = names[policy.table] ?? ""
            collection.add(
                "policy \(table).\(QualifiedName.quotedIfNeeded(policy.name))",
                [String(policy.oid), policy.roles.joined(separator: ",")])
        }
        for sequence in selection.sequences { collection.add("sequence \(sequence.name)", [String(sequence.oid)]) }
        for item in selection.extensions {
            collection.add("extension \(QualifiedName.quotedIfNeeded(item.name))", [item.version, item.schema])
        }
        for object in selection.objects { collection.add("\(object.kind) \(object.identity)", [String(object.id.oid)]) }
        let tables = Set(selection.relations.map(\.name))
        for hypertable in catalog.hypertables where tables.contains(hypertable.table) {
            collection.add(
                "hypertable \(hypertable.table)", hypertable.dimensions.map { "\($0.column) \($0.kind)" })
        }
        for name in selection.eventTriggers { collection.add("event trigger \(name)", []) }
        collection.add("large objects", [String(catalog.largeObjectCount > 0)])
        return Fingerprint(collection)
    }

    /// Of the target: what could be in the way of what is migrated.
    package static func target(_ catalog: Catalog, _ selection: ResolvedSelection) -> Fingerprint {
        var collection = FingerprintCollection()
        collection.addServer(catalog.server)
        var wanted = Set(selection.relations.map(\.name))
        wanted.formUnion(selection.indexes.map(\.name))
        wanted.formUnion(selection.sequences.map(\.name))
        let names = Dictionary(catalog.relations.map { ($0.oid, $0.name.description) }) { first, _ in first }
        for relation in catalog.relations where wanted.contains(relation.name) { collection.add(relation, names) }
        for index in catalog.indexes where wanted.contains(index.name) {
            collection.add("index \(index.name)", [String(index.oid), index.definition])
        }
        for sequence in catalog.sequences where wanted.contains(sequence.name) {
            collection.add("sequence \(sequence.name)", [String(sequence.oid)])
        }
        for item in catalog.extensions {
            collection.add("extension \(QualifiedName.quotedIfNeeded(item.name))", [item.version, item.schema])
        }
        let objects = Set(selection.objects.map { "\($0.kind) \($0.identity)" })
        for object in catalog.objects where objects.contains("\(object.kind) \(object.identity)") {
            collection.add("\(object.kind) \(object.identity)", [String(object.id.oid)])
        }
        for hypertable in catalog.hypertables {
            collection.add("hypertable \(hypertable.table)", [hypertable.timeColumn])
        }
        return Fingerprint(collection)
    }
}

extension FingerprintCollection {
    /// Minor versions come and go, settings too.
    fileprivate mutating func addServer(_ server: Catalog.Server) {
        add(
            "server",
            [String(server.versionNumber / 10_000), server.database, server.encoding, server.systemIdentifier])
    }

    fileprivate mutating func add(_ relation: Catalog.Relation, _ names: [OID: String]) {
        var fields: [String?] = [
            String(relation.oid), relation.kind.rawValue, String(relation.isUnlogged), relation.partitionKey,
            relation.partitionBound, relation.replicaIdentity.rawValue, String(relation.hasRowSecurity),
            relation.accessMethod, relation.parents.map { names[$0] ?? "" }.joined(separator: ","),
            relation.kind == .materializedView ? String(relation.isPopulated) : nil,
        ]
        for column in relation.columns {
            fields += [
                String(column.number), column.name, column.typeName, String(column.isNotNull),
                String(column.hasDefault), column.identity?.rawValue, column.generated?.rawValue, column.collation,
            ]
        }
        add("\(relation.noun) \(relation.name)", fields)
    }
}
