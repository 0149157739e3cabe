package import Catalog
internal import PlanFile

/// One statement about roles, owners or privileges, and what it is for.
package struct AccessStatement: Sendable, Codable, Equatable {
    /// Without a semicolon. Holds no password.
    package var sql: String
    /// What it concerns, for people: `role app`, `table public.readings`.
    package var object: String
    /// The role to `set role` to first, so that it is the grantor.
    package var grantor: String?
    /// What to run where this is refused, because it says less.
    package var fallback: String?

    package init(_ sql: String, object: String, grantor: String? = nil, fallback: String? = nil) {
        self.sql = sql
        self.object = object
        self.grantor = grantor
        self.fallback = fallback
    }
}

/// What brings a role of the target in line with what is wanted of it. Pure: asked at planning for what differs, and at
/// the moment itself for what is left to do.
package enum RoleStatements {
    /// In words, what is altered of a role that is there.
    package static func differences(
        _ wanted: RoleDecision, _ there: Catalog.Role, _ settings: [Catalog.StoredSetting],
    ) -> [String] {
        changes(wanted, there).map(\.words)
            + missing(wanted.settings, in: settings).map { setting in
                "\(setting.name)\(setting.isOfDatabase ? " in this database" : "")"
            }
    }

    /// - Parameters:
    ///   - there: nil where it is to be made.
    ///   - settings: all that the target has.
    ///   - database: the target's.
    package static func statements(
        _ wanted: RoleDecision, _ there: Catalog.Role?, _ settings: [Catalog.StoredSetting], database: String,
    ) -> [AccessStatement] {
        let name = QualifiedName.quoted(wanted.role.name)
        let object = "role \(QualifiedName.quotedIfNeeded(wanted.role.name))"
        var result: [AccessStatement] = []
        if let there {
            let options = changes(wanted, there).map(\.option)
            if !options.isEmpty {
                result.append(
                    AccessStatement("alter role \(name) with \(options.joined(separator: " "))", object: object))
            }
        } else {
            result.append(AccessStatement("create role \(name) with \(options(wanted.role))", object: object))
        }
        if let comment = wanted.role.comment, there?.comment != comment, there == nil || there?.comment == nil {
            result.append(
                AccessStatement("comment on role \(name) is \(SettingValue.literal(comment))", object: object))
        }
        for setting in missing(wanted.settings, in: settings) {
            let place = setting.isOfDatabase ? " in database \(QualifiedName.quoted(database))" : ""
            let assignment = SettingValue.assignment(setting.name, setting.value)
            result.append(AccessStatement("alter role \(name)\(place) set \(assignment)", object: object))
        }
        return result
    }

    private struct Change {
        var words: String
        var option: String
    }

    /// Rights that reach everywhere are never taken from a role that is there; what a person gave it there, stays.
    private static func changes(_ wanted: RoleDecision, _ there: Catalog.Role) -> [Change] {
        var result: [Change] = []
        // What it cannot have is no difference to mend.
        let lowered = Set(wanted.lowered.map(\.what))
        for attribute in Catalog.RoleAttribute.allCases {
            let word = attribute.rawValue.uppercased()
            let (has, gets) = (there.attributes.contains(attribute), wanted.role.attributes.contains(attribute))
            guard has != gets, !lowered.contains(word) else { continue }
            if has, [.superuser, .replication, .bypassrls, .createrole, .createdb].contains(attribute) { continue }
            let option = gets ? word : "NO" + word
            result.append(Change(words: option, option: option))
        }
        if wanted.role.connectionLimit != there.connectionLimit {
            let option = "CONNECTION LIMIT \(wanted.role.connectionLimit)"
            result.append(Change(words: option, option: option))
        }
        if let until = wanted.role.validUntil, until != there.validUntil {
            let option = "VALID UNTIL \(SettingValue.literal(until))"
            result.append(Change(words: option, option: option))
        }
        return result
    }

    private static func options(_ role: Catalog.Role) -> String {
        var words = Catalog.RoleAttribute.allCases.compactMap { attribute -> String? in
            if role.attributes.contains(attribute) { return attribute.rawValue.uppercased() }
            // The others are what a new role has not anyway, and naming them takes rights in some versions.
            return [.inherit, .login].contains(attribute) ? "NO" + attribute.rawValue.uppercased() : nil
        }
        if role.connectionLimit != -1 { words.append("CONNECTION LIMIT \(role.connectionLimit)") }
        if let until = role.validUntil { words.append("VALID UNTIL \(SettingValue.literal(until))") }
        return words.joined(separator: " ")
    }

    /// Those that the target has with another value are set too.
    private static func missing(
        _ wanted: [Catalog.StoredSetting], in present: [Catalog.StoredSetting],
    ) -> [Catalog.StoredSetting] { wanted.filter { !present.contains($0) } }

    // MARK: Memberships

    /// What is left to grant, in an order in which each grantor holds what it grants.
    /// - Parameters:
    ///   - present: the target's memberships.
    ///   - inheriting: roles of the source with INHERIT, which decided before PostgreSQL 16.
    package static func memberships(
        _ wanted: [Catalog.Membership], _ present: [Catalog.Membership], inheriting: Set<String>, version: Int,
    ) -> [AccessStatement] {
        var waiting = wanted.filter { !isHeld($0, present, inheriting, version) }
        var ordered: [Catalog.Membership] = []
        var admins = Set(present.filter(\.isAdmin).map { [$0.role, $0.member] })
        while !waiting.isEmpty {
            let ready = waiting.filter { membership in
                guard let grantor = membership.grantor else { return true }
                let isAwaited = waiting.contains {
                    $0.isAdmin && $0.role == membership.role && $0.member == grantor && $0 != membership
                }
                return !isAwaited || admins.contains([membership.role, grantor])
            }
            // A circle cannot be, but nothing is to hang on it.
            let next = ready.isEmpty ? waiting : ready
            ordered += next
            for membership in next where membership.isAdmin { admins.insert([membership.role, membership.member]) }
            waiting.removeAll { next.contains($0) }
        }
        return ordered.map { statement($0, admins, inheriting, version) }
    }

    private static func isHeld(
        _ wanted: Catalog.Membership, _ present: [Catalog.Membership], _ inheriting: Set<String>, _ version: Int,
    ) -> Bool {
        present.contains { there in
            there.role == wanted.role && there.member == wanted.member && (there.isAdmin || !wanted.isAdmin)
                && (version < 160_000
                    || (there.inherits == wanted.inherits ?? inheriting.contains(wanted.member)
                        && there.maySet == wanted.maySet ?? true))
        }
    }

    private static func statement(
        _ membership: Catalog.Membership, _ admins: Set<[String]>, _ inheriting: Set<String>, _ version: Int,
    ) -> AccessStatement {
        let names = "\(QualifiedName.quoted(membership.role)) to \(QualifiedName.quoted(membership.member))"
        var options = membership.isAdmin ? " with admin option" : ""
        if version >= 160_000 {
            let inherits = membership.inherits ?? inheriting.contains(membership.member)
            options =
                " with admin \(membership.isAdmin), inherit \(inherits), set \(membership.maySet ?? true)"
        }
        let plain = "grant \(names)\(options)"
        let object =
            "membership of \(QualifiedName.quotedIfNeeded(membership.member)) in "
            + QualifiedName.quotedIfNeeded(membership.role)
        guard version >= 160_000, let grantor = membership.grantor, admins.contains([membership.role, grantor]) else {
            return AccessStatement(plain, object: object)
        }
        return AccessStatement(
            plain + " granted by \(QualifiedName.quoted(grantor))", object: object, fallback: plain)
    }
}
