internal import LogicalDecoding
internal import PlanFile

/// Where changes belong: to which worker, to which table, and whether the copied rows show them.
extension Translator {
    // MARK: Judging and routing

    func shows(_ number: Int, _ row: [StreamValue], _ key: [StreamValue]) throws -> Bool {
        guard states[number].isTested(floor) else { return false }
        guard let xid else { throw ApplyFailure.noTransactionID }
        return try states[number].shows(xid, row, key: key)
    }

    func isRouted(_ number: Int) -> Bool { !pinned.contains(tables[number].followed.sourceOID) }

    func hash(_ number: Int, _ values: [StreamValue]) -> KeyHash {
        var hash = KeyHash(table: tables[number].routeID)
        for value in values { hash.combine(value) }
        return hash
    }

    /// Where a change goes; nil where its worker has applied it already.
    func part(_ number: Int, _ hash: KeyHash) -> Part? {
        let owner =
            isRouted(number)
            ? hash.owner(of: workers) : Int(tables[number].routeID % UInt32(truncatingIfNeeded: workers))
        guard !skips[owner] else { return nil }
        return batch.current.parts[batch.partCount == 1 ? 0 : owner]
    }

    /// Whether the change is to be looked at any further.
    func counts(_ placement: Placement) throws -> Bool {
        guard isInTransaction else { throw ApplyFailure.outOfOrder }
        guard !skipsAll, !isOwnBusiness(placement) else { return false }
        if countsOnly { counted += 1 }
        return !countsOnly
    }

    // MARK: Rows

    func fill(
        _ values: inout [StreamValue], _ row: Row, _ placement: Placement, missing: Value.Kind,
        _ bytes: UnsafeRawBufferPointer,
    ) {
        let width = tables[placement.table].width
        if values.count != width || placement.places.count != width {
            values = Array(repeating: StreamValue(missing), count: width)
        }
        for column in 0..<row.count {
            let place = column < placement.places.count ? placement.places[column] : -1
            guard place >= 0 else { continue }
            let value = decoder.value(row, column)
            values[place] =
                value.kind == .text || value.kind == .binary
                ? unsafe StreamValue(value.kind, decoder.pointer(to: value.slice, in: bytes)) : StreamValue(value.kind)
        }
    }

    func fillOld(_ row: OldRow, _ placement: Placement, _ bytes: UnsafeRawBufferPointer) {
        unsafe fill(&old, row.row, placement, missing: .absent, bytes)
        guard tables[placement.table].isFull else { return }
        // test_decoding leaves NULLs out of old rows.
        for column in old.indices where old[column].kind == .absent { old[column] = StreamValue(.null) }
    }

    /// Sets `oldKey` and `newKey`: what is not sent of one is as in the other.
    func keys(_ number: Int, hasOld: Bool) throws {
        let table = tables[number]
        oldKey.removeAll(keepingCapacity: true)
        newKey.removeAll(keepingCapacity: true)
        for column in table.key {
            let fromNew = new[column]
            let fromOld = hasOld && old[column].hasBytes ? old[column] : fromNew
            guard fromOld.hasBytes else {
                throw ApplyFailure.missingKey(table.name, column: table.columns[column].name)
            }
            oldKey.append(fromOld)
            newKey.append(fromNew.hasBytes ? fromNew : fromOld)
            if !fromNew.hasBytes { new[column] = fromOld }
            if hasOld, !old[column].hasBytes { old[column] = fromOld }
        }
    }

    /// An insert whose values are not all in the stream: they are read from the source.
    func addReread(_ number: Int) throws {
        let table = tables[number]
        let hash = hash(works[number], newKey)
        guard part(works[number], hash) != nil else { return }
        guard let xid else { throw ApplyFailure.noTransactionID }
        let read = try reread(table, newKey, consumed.all.union([xid]))
        let key = RowKey(newKey)
        states[number].add(key, read.row)
        let note = ApplySQL.rowNote(table.followed.sourceOID, key, read.row)
        try (read.values ?? []).withStreamValues { values in
            if !values.isEmpty {
                // The key in the form that the stream has it in, so that later changes find it.
                for (column, value) in values.enumerated() where !table.key.contains(column) { new[column] = value }
                try add(works[number])
            }
        }
        // Adding may have begun a new segment.
        part(works[number], hash)?.notes.append(note)
    }

    // MARK: Relations

    func placement(_ id: UInt32) throws -> Placement? {
        if revision != decoder.relations.revision {
            placements.removeAll(keepingCapacity: true)
            last = nil
            revision = decoder.relations.revision
        }
        if let last, last.id == id { return last.placement.table < 0 ? nil : last.placement }
        let found = try placements[id] ?? place(id)
        placements[id] = found
        last = (id, found)
        return found.table < 0 ? nil : found
    }

    func place(_ id: UInt32) throws -> Placement {
        guard let relation = decoder.relations[id] else { return Placement(table: -1, places: []) }
        let name = QualifiedName(schema: relation.namespace, name: relation.name)
        let isByOID = decoder.plugin == .pgoutput
        var found = isByOID ? numbersByOID[id] ?? numbers[name] : numbers[name]
        let isOurs = name == markerTable || name.schema.hasPrefix("skein")
        var isChunk = false
        if found == nil, chunks.isNeeded {
            found = try chunks.table(of: name).flatMap { numbers[$0] }
            isChunk = found != nil
        }
        if found == nil, ChunkFinder.isInternal(name) { return Placement(table: -1, places: []) }
        if found == nil, !isOurs { found = try laterPart(name, id: id, oid: isByOID ? id : 0) }
        guard let number = found else {
            // A partitioned table is in the stream for its truncation alone, which names its partitions, too.
            if !isOurs, !skipsAll, told.insert(name).inserted, try holdsRows(name) { report(.unfollowed(name)) }
            return Placement(table: -1, places: [])
        }
        let table = tables[number]
        if isByOID, !skipsAll, table.followed.sourceOID != 0 {
            guard id == table.followed.sourceOID else {
                throw ShapeDifference(table: table.followed.name, column: nil, what: .replaced)
            }
            guard name == table.followed.name else {
                throw ShapeDifference(table: table.followed.name, column: nil, what: .renamed(name))
            }
        }
        // What is skipped may have had another shape; it is looked at again when it is needed.
        guard !skipsAll, !countsOnly else { return Placement(table: number, places: [], isChunk: isChunk) }
        let places = try RelationShape.places(of: relation, in: table) { decoder.relations.type($0)?.name }
        return Placement(table: number, places: places, isChunk: isChunk)
    }

    func noteMarker(_ id: UInt32, _ row: Row, _ bytes: UnsafeRawBufferPointer) throws {
        guard let markerTable, let relation = decoder.relations[id], relation.name == markerTable.name,
            relation.namespace == markerTable.schema, row.count > 0
        else { return }
        let value = decoder.value(row, 0)
        guard value.kind == .text || value.kind == .binary else { return }
        marker = unsafe decoder.text(value.slice, in: bytes.bytes)
    }
}
