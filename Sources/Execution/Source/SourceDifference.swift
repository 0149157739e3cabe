package import PlanFile

/// Something on the source that is not as it was when the slot was made, or when we looked last.
package struct SourceDifference: Sendable, Equatable, Codable, CustomStringConvertible {
    package enum Kind: String, Sendable, Codable {
        /// Another file: rewritten or truncated. Rows may differ without a trace in the stream.
        case rewritten
        case dropped
        /// Dropped, and made again under the same name: the new one is in no publication.
        case replaced
        case renamed
        case columns
        case persistence
        case identity
        case attached
        case detached
        /// A table that the plan would select, and that nobody follows.
        case created
    }

    package var kind: Kind
    /// The followed table that it concerns, as it was called; of `created` the new one.
    package var table: QualifiedName
    /// What is different, for people.
    package var what: String
    package var cure: String
    /// Of what was attached: the topmost table above it.
    package var root: QualifiedName?

    /// The table's rows must be compared by checksum, since the change brings or removes rows that the stream never
    /// tells of.
    package var needsChecksum: Bool {
        switch kind {
        case .rewritten, .replaced, .attached, .detached, .persistence: true
        case .dropped, .renamed, .columns, .identity, .created: false
        }
    }

    package var description: String { "\(table): \(what)" }
}

/// Compares what the source was like with what it is like: silent DDL.
package enum SourceWatch {
    /// What differs on followed tables and what they are parts of, and tables that are new.
    /// - Parameters:
    ///   - parts: tables that become parts of hypertables.
    ///   - isSelected: whether the plan would migrate a table of this name.
    package static func differences(
        from before: SourceShape, to now: SourceShape, parts: [QualifiedName: HypertablePart] = [:],
        isSelected: (QualifiedName) -> Bool,
    ) -> [SourceDifference] {
        let families = Set(parts.values.map(\.target))
        let old = Dictionary(before.tables.map { ($0.oid, $0) }) { first, _ in first }
        let new = Dictionary(now.tables.map { ($0.oid, $0) }) { first, _ in first }
        let related = related(before.followed, old)
        let names = Dictionary(now.tables.map { ($0.qualified, $0.oid) }) { first, _ in first }
        var namesakes: Set<UInt32> = []
        var found: [SourceDifference] = []
        for oid in related.sorted() {
            guard let was = old[oid] else { continue }
            guard let present = new[oid] else {
                let namesake = names[was.qualified].flatMap { old[$0] == nil ? $0 : nil }
                if let namesake { namesakes.insert(namesake) }
                found.append(gone(was, isMadeAgain: namesake != nil, parts[was.qualified]))
                continue
            }
            found += changes(
                was, present, names: old.merging(new) { first, _ in first }, part: parts[was.qualified])
        }
        for table in now.tables where !namesakes.contains(table.oid) {
            let was = old[table.oid]
            let joined = table.parents.filter { related.contains($0) && was?.parents.contains($0) != true }
            if let parent = joined.first, let name = (new[parent] ?? old[parent])?.qualified {
                let root = topmost(parent, new)
                found.append(
                    attached(table, to: name, isNew: was == nil, root: root, isFamily: families.contains(root ?? name)))
            } else if was == nil, isSelected(table.qualified) {
                found.append(
                    SourceDifference(
                        kind: .created, table: table.qualified, what: "was created on the source and is not followed",
                        cure: "copy it yourself after the cutover, or exclude it in select.tables"))
            }
        }
        return found
    }

    /// The followed tables and everything they are parts of.
    private static func related(_ followed: [UInt32], _ tables: [UInt32: SourceShape.Table]) -> Set<UInt32> {
        var found: Set<UInt32> = []
        var open = followed
        while let oid = open.popLast() {
            if found.insert(oid).inserted { open += tables[oid]?.parents ?? [] }
        }
        return found
    }

    private static func gone(
        _ table: SourceShape.Table, isMadeAgain: Bool, _ part: HypertablePart?,
    ) -> SourceDifference {
        let name = table.qualified
        if let part {
            return SourceDifference(
                kind: .dropped, table: name, what: "was dropped on the source", cure: part.removal)
        }
        guard isMadeAgain else {
            return SourceDifference(
                kind: .dropped, table: name, what: "was dropped on the source",
                cure: "drop it on the target, too: drop table \(name.sql);")
        }
        return SourceDifference(
            kind: .replaced, table: name, what: "was dropped and made again on the source: nobody follows the new one",
            cure: "leave \(name) as it is until after the cutover and copy it yourself then (exclude it in "
                + "select.tables), or start over with --drop-if-exists")
    }

    private static func topmost(_ oid: UInt32, _ tables: [UInt32: SourceShape.Table]) -> QualifiedName? {
        var (top, seen) = (oid, Set<UInt32>())
        while let parent = tables[top]?.parents.first, seen.insert(top).inserted { top = parent }
        return tables[top]?.qualified
    }

    private static func attached(
        _ table: SourceShape.Table, to parent: QualifiedName, isNew: Bool, root: QualifiedName?, isFamily: Bool,
    ) -> SourceDifference {
        let made = isNew ? "was created as a part of \(parent)" : "was attached to \(parent)"
        let cure =
            isFamily
            ? "its changes are applied to the hypertable; rows that it held before it became a part are not on the "
                + "target: where there are any, start over with --drop-if-exists"
            : "its rows are not followed: make the same table on the target, as a part of \(parent), and copy its "
                + "rows there once the application has stopped for the cutover, which compares it and says so"
        return SourceDifference(
            kind: .attached, table: table.qualified, what: "\(made) on the source", cure: cure, root: root)
    }

    private static func changes(
        _ was: SourceShape.Table, _ now: SourceShape.Table, names: [UInt32: SourceShape.Table], part: HypertablePart?,
    ) -> [SourceDifference] {
        var found: [SourceDifference] = []
        let whole = part?.target ?? was.qualified
        func add(_ kind: SourceDifference.Kind, _ what: String, _ cure: String) {
            found.append(SourceDifference(kind: kind, table: was.qualified, what: what, cure: cure))
        }
        if was.qualified != now.qualified {
            add(
                .renamed, "is called \(now.qualified) now",
                "rename it on the source back: alter table "
                    + "\(now.qualified.sql) …, or start over with --drop-if-exists")
        }
        if was.filenode != now.filenode {
            add(
                .rewritten, "was rewritten or truncated on the source",
                "the cutover compares it by checksum; to copy it again, run migrate with --resync \(whole)")
        }
        if was.persistence != now.persistence {
            let isUnlogged = now.persistence == "u"
            add(
                .persistence, isUnlogged ? "is UNLOGGED now: its changes are in no stream" : "is LOGGED now",
                isUnlogged
                    ? "alter table \(now.qualified.sql) set logged; then migrate with --resync \(whole)"
                    : "run migrate with --resync \(whole)")
        }
        if was.identity != now.identity {
            add(
                .identity, "has another replica identity (\(was.identity) before, \(now.identity) now)",
                "put it back: alter table \(now.qualified.sql) replica identity \(Self.clause(was.identity));")
        }
        if let before = was.columns, let after = now.columns, before != after {
            let gone = before.filter { !after.contains($0) }.map { "without \($0)" }
            let added = after.filter { !before.contains($0) }.map { "with \($0)" }
            add(
                .columns, "has other columns: " + (gone + added).joined(separator: ", "),
                "run the same ALTER TABLE on the target")
        }
        for parent in was.parents where !now.parents.contains(parent) {
            let name = names[parent]?.qualified.description ?? "its parent"
            add(
                .detached, "was detached from \(name) on the source", part?.removal ?? "detach it on the target, too")
        }
        return found
    }

    private static func clause(_ identity: String) -> String {
        switch identity.first {
        case "f": "full"
        case "n": "nothing"
        case "i": "using index " + (identity.split(separator: ".").last.map { String($0) } ?? "…")
        default: "default"
        }
    }
}

/// A table of the source whose rows are a hypertable's on the target.
package struct HypertablePart: Sendable, Equatable {
    package var target: QualifiedName
    /// What tells its rows from the others' there.
    package var territory: String?
    package init(target: QualifiedName, territory: String?) {
        self.target = target
        self.territory = territory
    }

    /// What to do on the target where its rows are gone from the source.
    fileprivate var removal: String {
        territory.map { "delete its rows on the target, too: delete from \(target.sql) where \($0);" }
            ?? "nothing tells its rows from the others' in \(target): start over with --drop-if-exists"
    }
}

extension SourceShape.Table {
    package var qualified: QualifiedName { QualifiedName(schema: schema, name: name) }
}

extension Plan.Selection {
    /// Whether a table of this name would be migrated. (What depends on something excluded is not looked at.)
    package func takes(_ table: QualifiedName) -> Bool {
        func matches(_ patterns: [Located<NamePattern>]) -> Bool {
            patterns.contains { $0.value.matches(table.schema) }
        }
        func matches(_ patterns: [Located<QualifiedNamePattern>]) -> Bool {
            patterns.contains { $0.value.matches(table) }
        }
        if !schemas.include.isEmpty, !matches(schemas.include) { return false }
        if !tables.include.isEmpty, !matches(tables.include) { return false }
        return !matches(schemas.exclude) && !matches(tables.exclude)
    }
}

extension Plan {
    /// Whether the plan leaves out a table, or its rows, that is part of one that it takes. (`select.tables.include`
    /// need only name the whole.)
    package func leavesOut(part table: QualifiedName) -> Bool {
        let schemas = select.schemas
        if !schemas.include.isEmpty, !schemas.include.contains(where: { $0.value.matches(table.schema) }) {
            return true
        }
        return schemas.exclude.contains { $0.value.matches(table.schema) }
            || (select.tables.exclude + copy.skipTableData).contains { $0.value.matches(table) }
    }
}
