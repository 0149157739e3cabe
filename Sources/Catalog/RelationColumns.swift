extension Catalog.Relation {
    /// The column of that number; numbers have gaps where columns were dropped.
    package func column(_ number: Int) -> Catalog.Column? { columns.first { $0.number == number } }

    package func column(named name: String) -> Catalog.Column? { columns.first { $0.name == name } }

    /// Changes the column of that number, where there is one.
    mutating func updateColumn(_ number: Int, _ change: (inout Catalog.Column) -> Void) {
        if let position = columns.firstIndex(where: { $0.number == number }) { change(&columns[position]) }
    }
}

extension Catalog.Index {
    /// Whether it can bring all rows of its table in the order of its first column: a valid, whole btree.
    package var canOrderRows: Bool { method == "btree" && isValid && !isPartial }
}

extension Catalog.Constraint.Kind {
    /// Whether `pg_constraint.conindid` is the constraint's own index; a foreign key names its referenced table's.
    package var ownsIndex: Bool { self == .primaryKey || self == .unique || self == .exclusion }
}
