internal import Catalog
internal import PlanFile

extension GraphCompiler {
    /// Indexes and keys of tables, those of one phase. Those of materialized views follow their refresh.
    mutating func addIndexTasks(_ phase: BuildPhase) {
        let constraints = Dictionary(grouping: selection.constraints, by: \.table)
        let indexes = Dictionary(grouping: selection.indexes, by: \.table)
        for relation in selection.relations {
            guard let known = tables[relation.oid] else { continue }
            let own = indexes[relation.oid] ?? []
            let keys = (constraints[relation.oid] ?? []).filter { $0.kind.hasIndex }
            var tasks = known
            if let base = base(of: phase, for: relation) {
                tasks = TableTasks(ready: known.ready, data: base, bytes: known.bytes)
            }
            if phase == .early { addLookupIndex(of: relation, own, &tasks) }
            if let there = existing[relation.oid] {
                addMissingIndexes(
                    relation, there, own.filter { self.phase(of: $0, on: relation) == phase }, keys, &tasks)
            } else if let entry = hypertables[relation.oid] {
                addHypertableIndexes(relation, entry, own, keys, phase, &tasks)
            } else if partitions[relation.oid] != nil {
                addDividedIndexes(relation, own, keys, phase, &tasks)
            } else {
                addIndexes(
                    relation, own.filter { self.phase(of: $0, on: relation) == phase }, keys, &tasks)
            }
            if phase == .early || tasks.hasBuilds {
                tables[relation.oid]?.indexes = tasks.indexes
                tables[relation.oid]?.lastConstraint = tasks.lastConstraint
            }
            let isPart = relation.kind == .partitionedTable || own.contains { $0.parent != nil }
            if isPart, !own.isEmpty, phase == .early || tasks.hasBuilds { partitionedIndexes.formUnion(tasks.tails) }
        }
        if phase == live.attachPhase, !partitionedIndexes.isEmpty {
            attachIndexes = add(nil, .attachIndexes, after: partitionedIndexes.sorted())
        }
    }

    /// A plain table's keys take over indexes that were built like all others, several at a time.
    private mutating func addIndexes(
        _ relation: Catalog.Relation, _ indexes: [Catalog.Index], _ keys: [Catalog.Constraint],
        _ tasks: inout TableTasks,
    ) {
        let isParent = relation.kind == .partitionedTable
        let byConstraint = Dictionary(
            indexes.compactMap { index in index.constraint.map { ($0, index) } }
        ) { first, _ in first }
        for index in indexes {
            if index.constraint != nil, isParent || index.mustBeBuiltByConstraint { continue }
            tasks.indexes.append(addIndex(index, of: relation, isParent: isParent, after: tasks.data))
        }
        // Those that take a moment come before those that build.
        let quickFirst =
            keys.filter { byConstraint[$0.oid]?.mustBeBuiltByConstraint == false }
            + keys.filter { byConstraint[$0.oid]?.mustBeBuiltByConstraint != false }
        for key in quickFirst {
            guard let index = byConstraint[key.oid] else { continue }
            let way: ConstraintBuild.Way =
                isParent ? .directly(only: true) : index.mustBeBuiltByConstraint ? .directly(only: false) : .usingIndex
            addConstraint(key, index, of: relation, way: way, definition: key.definition, &tasks)
        }
    }

    /// A table that was on the target before keeps its indexes and gets those that it lacks.
    private mutating func addMissingIndexes(
        _ relation: Catalog.Relation, _ there: ExistingTable, _ indexes: [Catalog.Index],
        _ keys: [Catalog.Constraint], _ tasks: inout TableTasks,
    ) {
        let missing = indexes.filter { !there.has($0) }
        guard there.hasParts else { return addIndexes(relation, missing, keys, &tasks) }
        for index in missing where index.constraint == nil {
            tasks.indexes.append(addIndex(index, of: relation, isParent: false, after: tasks.data))
        }
        for index in missing {
            guard let key = keys.first(where: { $0.oid == index.constraint }) else { continue }
            addConstraint(
                key, index, of: relation, way: .directly(only: false), definition: key.definition, &tasks)
        }
    }

    /// A hypertable's keys build their indexes themselves: the server refuses `using index` there.
    private mutating func addHypertableIndexes(
        _ relation: Catalog.Relation, _ entry: Plan.Hypertable, _ indexes: [Catalog.Index],
        _ keys: [Catalog.Constraint], _ phase: BuildPhase, _ tasks: inout TableTasks,
    ) {
        for index in indexes where index.constraint == nil && self.phase(of: index, on: relation) == phase {
            tasks.indexes.append(addIndex(index, of: relation, isParent: false, after: tasks.data))
        }
        let newKey = entry.primaryKey?.value
        let time = entry.timeColumn.flatMap { relation.column(named: $0.value) }
        var hasTimeIndex = time == nil || newKey?.first == time?.name
        for index in indexes where index.method == "btree" && !index.isPartial {
            if index.isPrimary, newKey != nil { continue }
            if let column = index.keys.first?.column, column == time?.number { hasTimeIndex = true }
        }
        if !hasTimeIndex, let time, phase == .early {
            let name = names.name(relation.name, time.name, "idx")
            let build = IndexBuild(
                sourceOID: nil, name: name, table: relation.name,
                definition: "CREATE INDEX \(QualifiedName.quoted(name.name)) ON \(relation.name.sql) USING btree "
                    + "(\(QualifiedName.quoted(time.name)) DESC)")
            tasks.indexes.append(
                add(
                    name.description, .buildIndex(build), after: tasks.data, resource: .indexJob,
                    weight: Int64(max(relation.estimatedRows, 0)) * 20))
        }
        let byOID = Dictionary(indexes.map { ($0.oid, $0) }) { first, _ in first }
        for key in keys {
            guard let index = key.index.flatMap({ byOID[$0] }), self.phase(of: index, on: relation) == phase else {
                continue
            }
            let definition = key.kind == .primaryKey ? newKey.map(Self.primaryKey) : nil
            addConstraint(
                key, index, of: relation, way: .directly(only: false), definition: definition ?? key.definition, &tasks)
        }
        if let newKey, !keys.contains(where: { $0.kind == .primaryKey }),
            self.phase(ofNewKey: newKey, on: relation) == phase
        {
            let name = names.name(relation.name, nil, "pkey")
            let build = ConstraintBuild(
                sourceOID: 0, name: name.name, table: relation.name, definition: Self.primaryKey(newKey),
                indexName: name, way: .directly(only: false), keyKind: "PRIMARY KEY", deferrability: "")
            addConstraint(build, of: relation, weight: Int64(max(relation.estimatedRows, 0)) * 24, &tasks)
        }
    }

    /// On a partitioned table an index builds its parts, and a key its index: the server refuses `using index` there.
    private mutating func addDividedIndexes(
        _ relation: Catalog.Relation, _ indexes: [Catalog.Index], _ keys: [Catalog.Constraint], _ phase: BuildPhase,
        _ tasks: inout TableTasks,
    ) {
        let byOID = Dictionary(indexes.map { ($0.oid, $0) }) { first, _ in first }
        for index in indexes where index.constraint == nil && self.phase(of: index, on: relation) == phase {
            tasks.indexes.append(addIndex(index, of: relation, isParent: false, after: tasks.data))
        }
        for key in keys {
            guard let index = key.index.flatMap({ byOID[$0] }), self.phase(of: index, on: relation) == phase else {
                continue
            }
            addConstraint(
                key, index, of: relation, way: .directly(only: false), definition: key.definition, &tasks)
        }
    }

    private static func primaryKey(_ columns: [String]) -> String {
        "PRIMARY KEY (\(columns.map(QualifiedName.quoted).joined(separator: ", ")))"
    }

    /// A partitioned parent's index is `on only` and a moment's work.
    mutating func addIndex(
        _ index: Catalog.Index, of relation: Catalog.Relation, isParent: Bool, after needs: [Int],
    ) -> Int {
        let build = IndexBuild(
            sourceOID: index.oid, name: index.name, table: relation.name, definition: index.definition,
            constraintOID: index.constraint)
        return add(
            index.name.description, .buildIndex(build), after: needs, resource: isParent ? .none : .indexJob,
            weight: isParent ? 0 : index.bytes)
    }

    private mutating func addConstraint(
        _ key: Catalog.Constraint, _ index: Catalog.Index, of relation: Catalog.Relation, way: ConstraintBuild.Way,
        definition: String, _ tasks: inout TableTasks,
    ) {
        let build = ConstraintBuild(
            sourceOID: key.oid, name: key.name, table: relation.name, definition: definition, indexName: index.name,
            way: way, keyKind: key.kind.keyKind, deferrability: key.deferrability)
        addConstraint(build, of: relation, weight: way == .directly(only: false) ? index.bytes : 0, &tasks)
    }

    private mutating func addConstraint(
        _ build: ConstraintBuild, of relation: Catalog.Relation, weight: Int64, _ tasks: inout TableTasks,
    ) {
        let isLong = build.way == .directly(only: false)
        tasks.lastConstraint = add(
            "\(relation.name).\(QualifiedName.quotedIfNeeded(build.name))", .addConstraint(build), after: tasks.tails,
            resource: isLong ? .indexJob : .none, weight: weight)
    }
}

extension Catalog.Constraint.Kind {
    /// Primary keys, unique and exclusion constraints.
    var hasIndex: Bool { [.primaryKey, .unique, .exclusion].contains(self) }
    var keyKind: String {
        switch self {
        case .primaryKey: "PRIMARY KEY"
        case .unique: "UNIQUE"
        default: "EXCLUDE"
        }
    }
}

extension Catalog.Constraint {
    var deferrability: String { isDeferrable ? isDeferred ? "DEFERRABLE INITIALLY DEFERRED" : "DEFERRABLE" : "" }
}

extension Catalog.Index {
    /// `using index` takes unique btree indexes only: not those of exclusion constraints, nor of keys `without overlaps`.
    var mustBeBuiltByConstraint: Bool { isExclusion || method != "btree" }
}
