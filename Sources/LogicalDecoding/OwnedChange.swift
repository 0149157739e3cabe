/// A change with all that belongs to it, which outlives the message. Makes strings: for tests and for the rare messages
/// that are kept, not for rows on their way.
package enum OwnedChange: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case null, unchanged, absent
        case text(String)
        case binary([UInt8])
    }

    package struct OldRow: Hashable, Sendable {
        package var kind: LogicalDecoding.OldRow.Kind
        package var values: [Value]
        package init(kind: LogicalDecoding.OldRow.Kind, values: [Value]) {
            self.kind = kind
            self.values = values
        }
    }

    case begin(Begin)
    case commit(Commit)
    case relation(Relation, RelationUpdate)
    case type(id: UInt32, RelationCache.TypeName)
    case insert(Relation, new: [Value])
    case update(Relation, old: OldRow?, new: [Value])
    case delete(Relation, old: OldRow?)
    case truncate([Relation], cascade: Bool?, restartIdentity: Bool?)
    case message(isTransactional: Bool, lsn: LSN?, prefix: String, content: [UInt8])
    case origin(lsn: LSN, name: String)
}

extension ChangeDecoder {
    /// Copies the change that this decoder just made of `message`.
    package func owned(_ change: Change, in message: RawSpan) -> OwnedChange {
        switch change {
        case .begin(let begin): .begin(begin)
        case .commit(let commit): .commit(commit)
        case .relation(let id, let update): .relation(shape(id), update)
        case .type(let id): .type(id: id, relations.type(id) ?? RelationCache.TypeName(namespace: "", name: ""))
        case .insert(let id, let new): .insert(shape(id), new: owned(new, in: message))
        case .update(let id, let old, let new):
            .update(shape(id), old: owned(old, in: message), new: owned(new, in: message))
        case .delete(let id, let old): .delete(shape(id), old: owned(old, in: message))
        case .truncate(let truncation):
            .truncate(
                (0..<truncation.count).map { shape(relation($0, of: truncation)) }, cascade: truncation.cascade,
                restartIdentity: truncation.restartIdentity)
        case .message(let sent):
            .message(
                isTransactional: sent.isTransactional, lsn: sent.lsn, prefix: text(sent.prefix, in: message),
                content: bytes(sent.content, in: message))
        case .origin(let origin): .origin(lsn: origin.lsn, name: text(origin.name, in: message))
        }
    }

    /// Every id in a change is in the cache.
    private func shape(_ id: UInt32) -> Relation { relations[id] ?? Relation(id: id, namespace: "", name: "") }

    private func owned(_ old: OldRow?, in message: RawSpan) -> OwnedChange.OldRow? {
        guard let old else { return nil }
        return OwnedChange.OldRow(kind: old.kind, values: owned(old.row, in: message))
    }

    private func owned(_ row: Row, in message: RawSpan) -> [OwnedChange.Value] {
        var copies: [OwnedChange.Value] = []
        for column in 0..<row.count {
            let value = value(row, column)
            switch value.kind {
            case .null: copies.append(.null)
            case .unchanged: copies.append(.unchanged)
            case .absent: copies.append(.absent)
            case .text: copies.append(.text(text(value.slice, in: message)))
            case .binary: copies.append(.binary(bytes(value.slice, in: message)))
            }
        }
        return copies
    }

    private func bytes(_ slice: Slice, in message: RawSpan) -> [UInt8] {
        withBytes(of: slice, in: message) { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}
