internal import PlanFile
package import Planning

/// The statements that set a hypertable's columnstore and retention up: words of TimescaleDB 2.18 and later, or those of
/// compression before it.
package enum PolicyDDL {
    /// In order. Run again they change nothing: a policy that is there is left as it is.
    /// - Parameters:
    ///   - version: TimescaleDB's, such as `2.19.3`.
    ///   - extensionSchema: where its functions are.
    package static func statements(
        _ policies: HypertablePolicies, version: String, extensionSchema: String,
    ) -> [String] {
        let schema = QualifiedName.quoted(extensionSchema)
        let table = Piece.literal(policies.table.sql) + "::pg_catalog.regclass"
        var result: [String] = []
        if let columnstore = policies.columnstore {
            let isNew = knowsColumnstore(version)
            result.append("alter table \(policies.table.sql) set (\(options(columnstore, isNew: isNew)))")
            if let after = columnstore.after {
                let interval = Piece.literal(after) + "::pg_catalog.interval"
                result.append(
                    isNew
                        ? "call \(schema).add_columnstore_policy(\(table), after => \(interval), if_not_exists => true)"
                        : "select \(schema).add_compression_policy(\(table), compress_after => \(interval), "
                            + "if_not_exists => true)")
            }
        }
        if let dropAfter = policies.dropAfter {
            let interval = Piece.literal(dropAfter) + "::pg_catalog.interval"
            result.append(
                "select \(schema).add_retention_policy(\(table), drop_after => \(interval), if_not_exists => true)")
        }
        return result
    }

    /// 2.18 named compression anew.
    private static func knowsColumnstore(_ version: String) -> Bool {
        let parts = version.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard parts.count == 2 else { return true }
        return (parts[0], parts[1]) >= (2, 18)
    }

    private static func options(_ columnstore: HypertablePolicies.Columnstore, isNew: Bool) -> String {
        var options = [isNew ? "timescaledb.enable_columnstore = true" : "timescaledb.compress = true"]
        if !columnstore.segmentBy.isEmpty {
            let columns = columnstore.segmentBy.map(QualifiedName.quoted).joined(separator: ", ")
            options.append("timescaledb.\(isNew ? "segmentby" : "compress_segmentby") = \(Piece.literal(columns))")
        }
        if !columnstore.orderBy.isEmpty {
            let columns = columnstore.orderBy.joined(separator: ", ")
            options.append("timescaledb.\(isNew ? "orderby" : "compress_orderby") = \(Piece.literal(columns))")
        }
        return options.joined(separator: ", ")
    }
}
