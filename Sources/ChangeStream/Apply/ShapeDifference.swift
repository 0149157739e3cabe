internal import LogicalDecoding
package import PlanFile

/// A relation of the stream no longer has the shape of its table on the target. Everything before the first transaction
/// that needs the new shape is applied; once the target has it, applying goes on.
package struct ShapeDifference: Error, Sendable, Equatable {
    package enum What: Sendable, Equatable {
        /// The source's rows have a column that the target's table lacks; its type as far as the stream tells it.
        case added(type: String)
        case dropped
        case changedType(source: String, target: String)
        /// On the source the table now has this name.
        case renamed(QualifiedName)
        /// On the source another table has its name.
        case replaced
        case missingOnTarget
        /// The table was truncated, its rows lie in this table of the target with those of others, and nothing tells
        /// them apart.
        case partTruncated(of: QualifiedName)
    }

    package var table: QualifiedName
    /// Nil where it is about the table.
    package var column: String?
    package var what: What

    package init(table: QualifiedName, column: String?, what: What) {
        self.table = table
        self.column = column
        self.what = what
    }

    /// What to run on the target, nil where no statement alone mends it.
    package var statement: String? {
        let name = QualifiedName.quoted(column ?? "")
        switch what {
        case .added(let type): return "alter table \(table.sql) add column \(name) \(type);"
        case .dropped: return "alter table \(table.sql) drop column \(name);"
        case .changedType(let source, _):
            return "alter table \(table.sql) alter column \(name) type \(source) using \(name)::\(source);"
        case .renamed, .replaced, .missingOnTarget, .partTruncated: return nil
        }
    }
}

extension ShapeDifference: CustomStringConvertible {
    package var description: String { summary + (statement.map { ". Run on the target: \($0)" } ?? "") }

    /// Without the cure.
    package var summary: String {
        let column = QualifiedName.quotedIfNeeded(column ?? "")
        switch what {
        case .added: return "\(table): the source has a column \(column) that the target lacks"
        case .dropped: return "\(table): column \(column) is gone from the source"
        case .changedType(let source, let target):
            return "\(table): column \(column) is of type \(source) on the source, \(target) on the target"
        case .renamed(let name): return "\(table) is called \(name) on the source now"
        case .replaced: return "\(table) is another table on the source than the one that was copied"
        case .missingOnTarget: return "\(table) is not on the target"
        case .partTruncated(let target):
            return "\(table) was truncated on the source, and nothing tells its rows from the others' in \(target)"
        }
    }
}

/// Why changes cannot be applied.
package enum ApplyFailure: Error, Sendable, Equatable {
    /// Another process has moved the lane's progress.
    case progressMoved
    /// The marker was passed before the applier was told to stop there.
    case markerPassed(String)
    /// A row cannot be named: the stream sent no value for a column of its key.
    case missingKey(QualifiedName, column: String)
    /// An insert came without a value for a column.
    case missingValue(QualifiedName, column: String)
    /// An update or delete came without the old row that names it.
    case missingOldRow(QualifiedName)
    /// A change outside of any transaction, or a commit without a begin.
    case outOfOrder
    /// The stream does not tell transaction ids, without which changes cannot be judged.
    case noTransactionID
    /// The progress was made by another way to spread keys over workers.
    case unknownHash(version: Int)
}

extension ApplyFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .progressMoved: "another process applies this migration's changes"
        case .markerPassed(let token): "marker \(token) was applied before it was asked for"
        case .missingKey(let table, let column): "\(table): a change came without its key column \(column)"
        case .missingValue(let table, let column): "\(table): a new row came without a value for \(column)"
        case .missingOldRow(let table):
            "\(table): a change came without the row it is about; the replica identity was changed on the source"
        case .outOfOrder: "the stream has a change outside of a transaction"
        case .noTransactionID: "the stream has a transaction without its id"
        case .unknownHash(let version):
            "the workers' positions differ and were made by a version of skein that spread keys in way \(version)"
        }
    }
}
