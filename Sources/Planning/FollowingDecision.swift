internal import Catalog
package import PlanFile

/// How a live migration follows the source, and why. Part of the graph: saved with the state.
package struct FollowingDecision: Sendable, Codable, Equatable {
    /// What names a row of a table in the change stream.
    package enum Identity: Sendable, Codable, Equatable, Hashable {
        /// The columns of the primary key or of the chosen index, in the index's order.
        case columns([String])
        /// All columns.
        case full
        /// Nothing does: inserts and truncates are followed alone, and `cutover` looks at the table again.
        case insertsOnly
    }

    package struct Table: Sendable, Codable, Equatable {
        package var name: QualifiedName
        /// On the source.
        package var oid: UInt32
        package var identity: Identity
        /// What to do on the source so that it has this identity, from the plan's `replication.identity`.
        package var change: IdentityChange?
        /// Followed for inserts only, and the plan says so (`inserts-only`).
        package var isAcknowledged: Bool
        /// One or two clauses for people.
        package var why: String
        /// Of a hypertable of the source, whose changes are in the stream as its chunks'. Nil of any other table.
        package var chunks: FollowedChunks?
        /// As of `Piece`: the table on the target, where it is another, and what tells its rows there.
        package var target: QualifiedName?
        package var territory: String?

        package init(
            name: QualifiedName, oid: UInt32, identity: Identity, change: IdentityChange? = nil,
            isAcknowledged: Bool = false, why: String,
        ) {
            self.name = name
            self.oid = oid
            self.identity = identity
            self.change = change
            self.isAcknowledged = isAcknowledged
            self.why = why
        }
    }

    /// How the chunks of a hypertable are told in the stream.
    package struct FollowedChunks: Sendable, Codable, Equatable {
        /// `schema.prefix_N_chunk` is one of them, for any number N, also when it is made later. Nil where the role could
        /// not see it: then each is looked up.
        package var schema: String?
        package var prefix: String?
        /// Those of other names, when the migration was planned. Sorted.
        package var others: [QualifiedName]

        package init(schema: String?, prefix: String?, others: [QualifiedName]) {
            self.schema = schema
            self.prefix = prefix
            self.others = others
        }

        /// Whether TimescaleDB would give this name to a chunk of the hypertable.
        package func isNamedAsOwn(_ name: QualifiedName) -> Bool {
            guard let schema, let prefix, name.schema == schema else { return false }
            let text = name.name.utf8
            guard text.starts(with: prefix.utf8) else { return false }
            let rest = text.dropFirst(prefix.utf8.count)
            guard rest.first == UInt8(ascii: "_"), rest.count > 7, rest.suffix(6).elementsEqual("_chunk".utf8) else {
                return false
            }
            return rest.dropFirst().dropLast(6).allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
    }

    /// `alter table … replica identity …`, and back.
    package struct IdentityChange: Sendable, Codable, Equatable {
        /// What follows `replica identity`: `full`, `using index "i"`.
        package var clause: String
        /// What it was: `default`, `nothing`, `full`, `using index "i"`.
        package var before: String
        package init(clause: String, before: String) {
            self.clause = clause
            self.before = before
        }
    }

    /// Never `auto`.
    package var plugin: Plan.Plugin
    package var pluginWhy: String
    /// Values travel in binary form (pgoutput of PostgreSQL 14 and later, all columns of all tables portable).
    package var isBinary: Bool
    /// Logical messages reach the stream; else the marker is a row of our own table on the source.
    package var hasMessages: Bool
    /// By name. Leaf tables: a partition is followed as itself.
    package var tables: [Table]
    /// What publications name: partition roots in their partitions' place (from PostgreSQL 13 on). Sorted; empty but
    /// with pgoutput.
    package var published: [QualifiedName]
    package var publishedForInserts: [QualifiedName]

    package init(
        plugin: Plan.Plugin, pluginWhy: String, isBinary: Bool, hasMessages: Bool, tables: [Table],
        published: [QualifiedName], publishedForInserts: [QualifiedName],
    ) {
        self.plugin = plugin
        self.pluginWhy = pluginWhy
        self.isBinary = isBinary
        self.hasMessages = hasMessages
        self.tables = tables
        self.published = published
        self.publishedForInserts = publishedForInserts
    }
}

/// Names of what a live migration makes on the source, all after the plan's name.
package struct SourceNames: Sendable, Equatable {
    private let base: String
    private let isBack: Bool
    /// - Parameters:
    ///   - plan: the plan's name as its identifier form, `-` as `_`.
    ///   - isBack: of the way back, for which they are made on the target.
    package init(plan: String, isBack: Bool = false) {
        base = isBack ? plan + "_back" : plan
        self.isBack = isBack
    }

    /// The schema that a live migration makes for its markers, nil where they are logical messages: pgoutput sends these
    /// from PostgreSQL 14 on. It is made before the dump.
    static func markerSchema(of plan: Plan, on server: Catalog.Server) -> String? {
        guard plan.mode.value == .live, server.versionNumber < 140_000 else { return nil }
        return SourceNames(plan: plan.name.value.identifier).schema
    }

    /// Slot names take `[a-z0-9_]` and 63 bytes.
    package var slot: String { "skein_\(base)" }
    /// Publishes everything.
    package var publication: String { "skein_\(base)" }
    /// Publishes inserts and truncates, of tables without identity.
    package var insertsPublication: String { isBack ? "skein_\(base)_i" : "skein_\(base)_inserts" }
    /// Where markers are rows: schema with one table, `marker (token text primary key)`.
    package var schema: String { "skein_\(base)" }
    /// The table of markers.
    package var marker: QualifiedName { QualifiedName(schema: schema, name: "marker") }
    /// Prefix of our logical messages.
    package static let messagePrefix = "skein"
    /// Prefix of our logical messages that mean nothing: their commit alone matters.
    package static let pulsePrefix = "skein-pulse"
}
