/// `columnstore` of a hypertable.
enum ColumnstoreSection {
    private typealias Ordered = Plan.OrderedColumn

    static let segmentBy = Key(
        "segment-by", Shape<String>.list(of: .column, "a list of columns"),
        "Columns by which rows are grouped before they are compressed: those that queries compare with `=`.",
        default: .array([]),
    )
    static let orderBy = Key(
        "order-by", Shape<Plan.OrderedColumn>.list(of: order, "a list such as `[time desc]`"),
        "The order of rows inside a group.", default: .array([]),
    )
    static let after = Key("after", .duration, "The age at which a chunk is compressed; never where it is absent.")

    static let keys = [segmentBy.declared, orderBy.declared, after.declared]
    static let shape = Shape<Plan.Columnstore>.section(keys) { fields, decoding in
        let segments = decoding.list(segmentBy, in: fields)
        let orders = decoding.list(orderBy, in: fields)
        decoding.reportTwice(segments, in: "segment-by")
        decoding.reportTwice(orders.map { Located($0.value.column, at: $0.location) }, in: "order-by")
        for order in orders where segments.contains(where: { $0.value == order.value.column }) {
            let name = QualifiedName.quotedIfNeeded(order.value.column)
            decoding.report(
                Diagnostic(
                    .namedTwice, "`\(name)` stands in `segment-by` and in `order-by`",
                    detail: "TimescaleDB refuses a column in both.", cure: "Remove it from one.", at: order.location,
                ))
        }
        return Plan.Columnstore(
            segmentBy: segments, orderBy: orders, after: decoding.read(after, in: fields))
    }

    private static let order = Shape<Plan.OrderedColumn>.text(
        "a column and its order, such as `time desc`", pattern: Ordered.pattern,
        examples: ["time desc", "time desc nulls last"],
    ) { text throws(ValueProblem) in try Ordered(parsing: text) }
}
