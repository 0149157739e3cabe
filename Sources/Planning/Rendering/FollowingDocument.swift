package import PlanFile

extension PlanDocument {
    /// How a live migration follows the source.
    package struct Following: Sendable, Codable, Equatable {
        package struct Table: Sendable, Codable, Equatable {
            package var table: QualifiedName
            /// `columns`, `full` or `inserts-only`.
            package var identity: String
            /// Of `columns`.
            package var columns: [String]?
            /// What is done on the source, and undone by `clean`.
            package var statement: String?
            package var why: String
        }

        package var plugin: Plan.Plugin
        package var why: String
        package var binary: Bool
        /// Whether markers are logical messages; else they are rows of a table of ours on the source.
        package var messages: Bool
        /// What the publications name.
        package var published: [QualifiedName]
        package var publishedForInserts: [QualifiedName]
        package var tables: [Table]

        private enum CodingKeys: String, CodingKey {
            case plugin, why, binary, messages, published, tables
            case publishedForInserts = "published_for_inserts"
        }
    }
}

extension PlanDocument.Following {
    init(_ decision: FollowingDecision) {
        self.init(
            plugin: decision.plugin, why: decision.pluginWhy, binary: decision.isBinary,
            messages: decision.hasMessages, published: decision.published,
            publishedForInserts: decision.publishedForInserts, tables: decision.tables.map(Table.init))
    }

    /// Those that people want to hear of.
    var unusualTables: [Table] { tables.filter { $0.why != "primary key" } }
}

extension PlanDocument.Following.Table {
    init(_ table: FollowingDecision.Table) {
        let (identity, columns): (String, [String]?) =
            switch table.identity {
            case .columns(let columns): ("columns", columns)
            case .full: ("full", nil)
            case .insertsOnly: ("inserts-only", nil)
            }
        self.init(
            table: table.name, identity: identity, columns: columns,
            statement: table.change.map { "alter table \(table.name.sql) replica identity \($0.clause)" },
            why: table.why)
    }
}
