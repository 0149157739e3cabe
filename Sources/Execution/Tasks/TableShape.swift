package import PlanFile
package import Planning
package import Postgres

/// A table's columns as one server has them.
package struct TableShape: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        package var name: String
        /// As `format_type` writes it, qualified.
        package var type: String
        package var isGenerated: Bool
        package init(name: String, type: String, isGenerated: Bool = false) {
            self.name = name
            self.type = type
            self.isGenerated = isGenerated
        }
    }

    package var oid: UInt32
    package var columns: [Column]
    package init(oid: UInt32, columns: [Column]) {
        self.oid = oid
        self.columns = columns
    }

    /// `attgenerated` exists since PostgreSQL 12.
    private static let query = """
        select c.oid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
            coalesce(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> ''
        from pg_catalog.pg_class c
        left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.oid = $1::pg_catalog.regclass
        order by a.attnum
        """

    /// In a transaction that locks the table. The search_path must be empty, so that types come qualified.
    /// - Throws: `42P01` where there is no such table.
    package static func read(_ table: QualifiedName, on connection: Connection) throws -> TableShape {
        let rows = try connection.query(query, [table.sql])
        let columns = rows.indices.compactMap { row in
            rows[row, 1].map { Column(name: $0, type: rows.text(row, 2), isGenerated: rows.bool(row, 3)) }
        }
        return TableShape(oid: rows[0, 0].flatMap { UInt32($0) } ?? 0, columns: columns)
    }

    /// The piece with the columns that both sides have now: those planned, or what became of them where the user has
    /// changed the target like the source.
    /// - Throws: `TableReplaced`, `TableShapeChanged`.
    package static func agreed(_ piece: Piece, source: TableShape, target: TableShape) throws -> Piece {
        guard source.oid == piece.tableOID else { throw TableReplaced(table: piece.table) }
        let here = Dictionary(target.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for column in source.columns where here[column.name] != column {
            throw TableShapeChanged(
                table: piece.targetTable, column: column.name, source: column, target: here[column.name])
        }
        let there = Set(source.columns.map(\.name))
        if let column = target.columns.first(where: { !there.contains($0.name) }) {
            throw TableShapeChanged(table: piece.targetTable, column: column.name, source: nil, target: column)
        }
        let names = source.columns.filter { !$0.isGenerated }.map(\.name)
        guard names != piece.columns else { return piece }
        var changed = piece
        changed.columns = names
        // Whether new columns have one binary form on both sides was never asked.
        changed.isBinary = false
        return changed
    }

    /// Both sides as they are in the open transactions. Sets the target's search_path to none.
    package static func agreed(_ piece: Piece, _ source: Connection, _ target: Connection) throws -> Piece {
        try target.execute("set local search_path = ''")
        return try agreed(
            piece, source: read(piece.table, on: source), target: read(piece.targetTable, on: target))
    }
}

/// The table under this name is not the one that was planned: dropped and made again since.
package struct TableReplaced: ToldError, Equatable {
    package var table: QualifiedName
    package var object: String? { table.description }
    package var summary: String { "the source's table \(table) was dropped and made again since the migration began" }
    package var cure: String? {
        "exclude it in `select` of another migration, or start over with --drop-if-exists: the stream does not follow it"
    }
    package var mayPass: Bool { false }
}

/// Source and target differ in a column.
package struct TableShapeChanged: ToldError, Equatable {
    package var table: QualifiedName
    package var column: String
    /// Nil where there is none of that name.
    package var source: TableShape.Column?
    package var target: TableShape.Column?

    package var object: String? { "\(table).\(QualifiedName.quotedIfNeeded(column))" }
    package var summary: String {
        let name = "column \(QualifiedName.quotedIfNeeded(column)) of \(table)"
        func kind(_ column: TableShape.Column) -> String { column.type + (column.isGenerated ? ", generated" : "") }
        return switch (source, target) {
        case (let source?, let target?):
            "\(name) is \(kind(source)) on the source and \(kind(target)) on the target: it was changed since the "
                + "migration began"
        case (let source?, nil): "\(name) (\(kind(source))) was added on the source since the migration began"
        case (nil, _): "\(name) was dropped on the source since the migration began"
        }
    }
    package var cure: String? {
        let name = QualifiedName.quoted(column)
        let change =
            switch (source, target) {
            case (let source?, let target?) where source.isGenerated == target.isGenerated:
                "alter table \(table.sql) alter column \(name) type \(source.type)"
            case (_?, _?): "alter table \(table.sql) alter column \(name) … as it was done on the source"
            case (let source?, nil): "alter table \(table.sql) add column \(name) \(source.type)"
            case (nil, _): "alter table \(table.sql) drop column \(name)"
            }
        return "run the same change on the target, such as `\(change)`, then the same command again"
    }
    package var mayPass: Bool { false }
}
