internal import Catalog
internal import PlanFile

/// What to grant and revoke so that one object's privileges on the target are those of the source. Pure.
struct PrivilegeChanges {
    let sourceVersion: Int
    let targetVersion: Int
    /// Of the target, by then.
    let roles: Set<String>

    /// What is wanted of an object, as far as the target can have it.
    struct Wanted: Equatable {
        var privileges: Set<Catalog.Privilege> = []
        /// Grantees that the target does not have.
        var missing: Set<String> = []
        /// Grantors that the target does not have: the owner grants in their place.
        var replacedGrantors: Set<String> = []
    }

    /// - Parameters:
    ///   - there: the same object on the target: its owner takes the place of the source's.
    func wanted(_ object: Catalog.Secured, on there: Catalog.Secured) -> Wanted {
        let own = explicit(object, version: sourceVersion)
        let before = baseline(object, version: sourceVersion)
        var present = explicit(there, version: targetVersion)
        var result = Wanted()
        guard object.kind == .schema || object.kind == .database else {
            result = mapped(own, object, there)
            // Rights that the source cannot speak of are left as they are.
            let unspoken = PrivilegeRules.unknown(object.kind, to: sourceVersion, from: targetVersion)
            result.privileges.formUnion(present.filter { unspoken.contains($0.name) })
            return result
        }
        // Somebody may have made these for other things, too: only what the source changed is changed.
        result = mapped(own.subtracting(before), object, there)
        let removed = mapped(before.subtracting(own), object, there).privileges
        present.subtract(removed)
        result.privileges.formUnion(present)
        return result
    }

    private func explicit(_ object: Catalog.Secured, version: Int) -> Set<Catalog.Privilege> {
        Set(object.columnPrivileges)
            .union(
                object.privileges.map(Set.init)
                    ?? PrivilegeRules.defaults(
                        object.kind, owner: object.owner, version: version))
    }

    private func baseline(_ object: Catalog.Secured, version: Int) -> Set<Catalog.Privilege> {
        object.kind == .schema && object.name == "public"
            ? PrivilegeRules.initialPublicSchema(owner: object.owner, version: version)
            : PrivilegeRules.defaults(object.kind, owner: object.owner, version: version)
    }

    private func mapped(
        _ privileges: Set<Catalog.Privilege>, _ object: Catalog.Secured, _ there: Catalog.Secured,
    ) -> Wanted {
        var result = Wanted()
        let known = PrivilegeRules.all(object.kind, version: targetVersion)
        for var privilege in privileges where known.contains(privilege.name) {
            if privilege.grantor == object.owner {
                privilege.grantor = there.owner
            } else if !roles.contains(privilege.grantor) {
                result.replacedGrantors.insert(privilege.grantor)
                privilege.grantor = there.owner
            }
            if privilege.grantee == object.owner {
                privilege.grantee = there.owner
            } else if let grantee = privilege.grantee, !roles.contains(grantee) {
                result.missing.insert(grantee)
                continue
            }
            // An owner's own grant option is implied.
            if privilege.grantee == there.owner, privilege.grantor == there.owner { privilege.isGrantable = false }
            if privilege.grantee == privilege.grantor, privilege.grantee != there.owner { continue }
            result.privileges.insert(privilege)
        }
        return result
    }

    /// Statements in an order in which they can be run: what is revoked, what the owner grants, what others grant.
    func statements(_ wanted: Set<Catalog.Privilege>, on there: Catalog.Secured, name: String) -> [AccessStatement] {
        guard let word = PrivilegeRules.word(there.kind) else { return [] }
        return statements(
            wanted, present: explicit(there, version: targetVersion), owner: there.owner, place: "\(word) \(name)",
            object: "\(there.kind.rawValue) \(name)", prefix: "")
    }

    /// - Parameter prefix: of `alter default privileges …`, with a blank at its end; its grantor is always the owner.
    func statements(
        _ wanted: Set<Catalog.Privilege>, present: Set<Catalog.Privilege>, owner: String, place: String,
        object: String, prefix: String,
    ) -> [AccessStatement] {
        let strong = Set(wanted.filter(\.isGrantable).map(\.withoutOption))
        let weakHeld = Set(present.map(\.withoutOption))
        let weakWanted = Set(wanted.map(\.withoutOption))
        var result: [AccessStatement] = []
        func add(_ privileges: some Sequence<Catalog.Privilege>, _ verb: (String, String) -> String) {
            for (key, group) in grouped(privileges) {
                let list = group.map(\.name).sorted().map { name in
                    name.lowercased() + (key.column.map { " (\(QualifiedName.quoted($0)))" } ?? "")
                }
                let grantee = key.grantee.map { QualifiedName.quoted($0) } ?? "public"
                let sql = prefix + verb("\(list.joined(separator: ", ")) on \(place)", grantee)
                let isOwners = key.grantor == owner
                result.append(
                    AccessStatement(
                        sql, object: object, grantor: isOwners ? nil : key.grantor, fallback: isOwners ? nil : sql))
            }
        }
        let gone = weakHeld.subtracting(weakWanted)
        // What another role granted goes with its own grant option.
        add(ordered(gone, owner).reversed()) { "revoke \($0) from \($1)" }
        let weakened = present.filter { $0.isGrantable && weakWanted.contains($0.withoutOption) }
            .map(\.withoutOption).filter { !strong.contains($0) && $0.grantee != owner }
        add(weakened) { "revoke grant option for \($0) from \($1)" }
        let held = Set(present.filter { !$0.isGrantable || strong.contains($0.withoutOption) }.map(\.self))
        for step in steps(wanted.filter { !held.contains($0) && !isHeld($0, present) }, owner) {
            add(step.filter { !$0.isGrantable }) { "grant \($0) to \($1)" }
            add(step.filter(\.isGrantable)) { "grant \($0) to \($1) with grant option" }
        }
        return result
    }

    private func isHeld(_ privilege: Catalog.Privilege, _ present: Set<Catalog.Privilege>) -> Bool {
        // What is there with grant option was weakened by then.
        if present.contains(privilege) { return true }
        var other = privilege
        other.isGrantable = true
        return !privilege.isGrantable && present.contains(other)
    }

    private struct Group: Hashable {
        var grantor: String
        var grantee: String?
        var column: String?
    }

    /// In the order in which they first come.
    private func grouped(_ privileges: some Sequence<Catalog.Privilege>) -> [(Group, [Catalog.Privilege])] {
        var (order, groups): ([Group], [Group: [Catalog.Privilege]]) = ([], [:])
        for privilege in privileges.sorted(by: Self.precedes) {
            let key = Group(grantor: privilege.grantor, grantee: privilege.grantee, column: privilege.column)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(privilege)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    private static func precedes(_ left: Catalog.Privilege, _ right: Catalog.Privilege) -> Bool {
        func key(_ privilege: Catalog.Privilege) -> (String, String, String, String) {
            (privilege.column ?? "", privilege.grantee ?? "", privilege.grantor, privilege.name)
        }
        return key(left) < key(right)
    }

    private func ordered(_ privileges: Set<Catalog.Privilege>, _ owner: String) -> [Catalog.Privilege] {
        steps(privileges, owner).flatMap { $0 }
    }

    /// The owner's grants, then those of whom it granted the option, and so on.
    private func steps(_ privileges: Set<Catalog.Privilege>, _ owner: String) -> [[Catalog.Privilege]] {
        var waiting = privileges
        var result: [[Catalog.Privilege]] = []
        while !waiting.isEmpty {
            let next = waiting.filter { privilege in
                privilege.grantor == owner
                    || !waiting.contains {
                        $0 != privilege && $0.grantee == privilege.grantor && $0.name == privilege.name
                    }
            }
            let step = next.isEmpty ? waiting : next
            result.append(step.sorted(by: Self.precedes))
            waiting.subtract(step)
        }
        return result
    }
}

extension Catalog.Privilege {
    fileprivate var withoutOption: Catalog.Privilege {
        var copy = self
        copy.isGrantable = false
        return copy
    }
}
