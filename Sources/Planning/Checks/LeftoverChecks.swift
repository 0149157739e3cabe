import Catalog
import PlanFile

/// What the target already holds of what the migration would create.
enum LeftoverChecks {
    static let all = [objects, largeObjects, otherMigrations]

    private static let objects = Check(
        "SK601", "The target already holds objects that the migration creates",
        """
        Skein creates every selected object on the target and never mixes its rows with others: an object of the same \
        name there stops the migration before it begins. Either it is left from an earlier try: `skein migrate PLAN \
        --drop-if-exists` lists such objects, asks, drops them and starts over. Or it is meant to be there: leave the \
        source's object out with `select` (`tables.exclude`, `schemas.exclude`). A migration that has a state of its \
        own on the target simply goes on, and its objects are no leftovers.
        """
    ) { context, findings in
        guard !context.machine.hasOwnState else { return }
        for (noun, leftovers) in Leftovers(context).byKind {
            guard let first = leftovers.first else { continue }
            let filled = leftovers.filter { $0.bytes > 0 }.count
            let way =
                first.canBeExcluded
                ? "select: {tables: {exclude: \(Wording.yamlList(excluded(leftovers)))}}"
                : "select: {schemas: {exclude: \(Wording.yamlList(schemas(leftovers)))}}"
            findings.add(
                .error,
                "the target already holds \(Wording.count(leftovers.count, noun.one, noun.many)) of the same name: "
                    + Wording.list(leftovers.map(\.name)),
                why: filled > 0 ? "\(Wording.count(filled, "of them holds", "of them hold")) rows." : nil,
                cure: "if they are left from an earlier try, drop them and start over with the command below; "
                    + "if they are to stay, leave the source's out: `\(way)`",
                statement: "skein migrate \(shellWord(context.plan.file)) --drop-if-exists", object: first.name,
                at: Side.target.location(context))
        }
    }

    private static func excluded(_ leftovers: [Leftover]) -> [String] {
        let names = leftovers.prefix(10).map { $0.qualified.map { Wording.yaml($0) } ?? Wording.yaml($0.name) }
        return leftovers.count > 10 ? names + ["…"] : names
    }

    private static func schemas(_ leftovers: [Leftover]) -> [String] {
        Set(leftovers.compactMap(\.schema)).sorted().map { Wording.yaml($0) }
    }

    /// As a POSIX shell reads it.
    private static func shellWord(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/._-".utf8.contains(byte)
        }
        guard !plain || text.isEmpty else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static let largeObjects = Check(
        "SK602", "The target already holds large objects",
        """
        Large objects keep their numbers, so those of the source and those on the target may collide. A fresh target \
        database has none: use one, or remove the target's if they are left from an earlier try.
        """
    ) { context, findings in
        let (there, here) = (context.target.largeObjectCount, context.source.largeObjectCount)
        guard there > 0, here > 0, !context.machine.hasOwnState else { return }
        findings.add(
            .error,
            "the target already holds \(Wording.count(there, "large object")), and the source has \(here) to move",
            why: "They keep their numbers, which may be taken.",
            cure: "use a fresh target database; or, if they are left from an earlier try, remove them all: run there",
            statement: "select lo_unlink(oid) from pg_largeobject_metadata;", at: Side.target.location(context))
    }

    private static let otherMigrations = Check(
        "SK603", "The target holds the state of another migration",
        """
        Each migration keeps its state in the target's schema `skein` until `skein clean` removes it. Another one's \
        state does not disturb this migration, but if it was abandoned, its tables may be half filled.
        """
    ) { context, findings in
        let names = context.machine.otherMigrations.sorted()
        guard let first = names.first else { return }
        findings.add(
            .warning, "the target holds the state of \(Wording.list(names))",
            why: "If it was abandoned, its tables may be half filled.",
            cure: "if it is over, remove its state with the plan it came from", statement: "skein clean PLAN",
            object: first, at: Side.target.location(context))
    }
}

private struct Noun {
    let one: String
    let many: String
    init(_ one: String, _ many: String? = nil) {
        self.one = one
        self.many = many ?? one + "s"
    }
}

/// An object of the target that has the name of one to be created.
private struct Leftover {
    /// As in SQL.
    let name: String
    /// Of relations.
    let qualified: QualifiedName?
    let schema: String?
    let bytes: Int64
    let canBeExcluded: Bool
}

/// The target's objects that bear the names of selected ones, by kind.
private struct Leftovers {
    private(set) var byKind: [(Noun, [Leftover])] = []
    /// The target's relations among them.
    private var relations: Set<OID> = []

    init(_ context: CheckContext) {
        addRelations(context)
        addSequences(context)
        addIndexes(context)
        addObjects(context)
    }

    private static let relationNouns: [(Catalog.Relation.Kind, Noun)] = [
        (.table, Noun("table")), (.partitionedTable, Noun("partitioned table")), (.foreignTable, Noun("foreign table")),
        (.view, Noun("view")), (.materializedView, Noun("materialized view")),
    ]

    private mutating func addRelations(_ context: CheckContext) {
        // Tables, views, sequences and indexes of a schema share one space of names.
        let wanted = Set(context.relations.map(\.name)).union(
            context.source.sequences.filter { context.selected.sequences.contains($0.oid) }.map(\.name))
        // What the plan says is there is none.
        let existing = Set(context.existing.values.map(\.target.oid))
        let found = context.target.relations.filter { wanted.contains($0.name) && !existing.contains($0.oid) }
        relations = Set(found.map(\.oid)).union(existing)
        for (kind, noun) in Self.relationNouns {
            let leftovers = found.filter { $0.kind == kind }.map { relation in
                Leftover(
                    name: relation.name.description, qualified: relation.name, schema: relation.name.schema,
                    // A table that was ever filled has pages; TOAST's index alone takes one.
                    bytes: relation.heapBytes, canBeExcluded: true)
            }
            if !leftovers.isEmpty { byKind.append((noun, leftovers)) }
        }
    }

    /// Sequences of columns go with their tables and say nothing new.
    private mutating func addSequences(_ context: CheckContext) {
        let wanted = Set(
            context.source.sequences.filter { context.selected.sequences.contains($0.oid) }.map(\.name)
                + context.relations.map(\.name))
        let leftovers = context.target.sequences
            .filter { sequence in
                wanted.contains(sequence.name) && !(sequence.ownerTable.map(relations.contains) ?? false)
            }
            .map {
                Leftover(
                    name: $0.name.description, qualified: $0.name, schema: $0.name.schema, bytes: 0,
                    canBeExcluded: false)
            }
        if !leftovers.isEmpty { byKind.append((Noun("sequence"), leftovers)) }
    }

    /// Indexes of other tables of the target whose names are needed.
    private mutating func addIndexes(_ context: CheckContext) {
        let wanted = Set(context.source.indexes.filter { context.selected.indexes.contains($0.oid) }.map(\.name))
        let leftovers = context.target.indexes.filter { wanted.contains($0.name) && !relations.contains($0.table) }.map
        {
            Leftover(
                name: $0.name.description, qualified: $0.name, schema: $0.name.schema, bytes: 0, canBeExcluded: false)
        }
        if !leftovers.isEmpty { byKind.append((Noun("index", "indexes"), leftovers)) }
    }

    private mutating func addObjects(_ context: CheckContext) {
        struct Identity: Hashable {
            var kind: String
            var identity: String
        }
        let wanted = Set(
            context.source.objects.filter { context.selected.objects.contains($0.id) }
                .map { Identity(kind: $0.kind, identity: $0.identity) })
        let found = context.target.objects.filter {
            $0.id.catalog != "pg_extension" && wanted.contains(Identity(kind: $0.kind, identity: $0.identity))
        }
        let byName = Dictionary(grouping: found, by: \.kind)
        for kind in byName.keys.sorted() {
            let leftovers = (byName[kind] ?? []).map {
                Leftover(name: $0.identity, qualified: nil, schema: $0.schema, bytes: 0, canBeExcluded: false)
            }
            byKind.append((Noun(kind, plural(kind)), leftovers.sorted { $0.name < $1.name }))
        }
    }

    private func plural(_ noun: String) -> String {
        noun.hasSuffix("ss") ? noun + "es" : noun.hasSuffix("y") ? noun.dropLast() + "ies" : noun + "s"
    }
}
