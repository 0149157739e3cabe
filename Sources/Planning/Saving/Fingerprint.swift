internal import PlanFile

/// What a plan was made for, as far as it depends on one server's catalogs: definitions, no sizes, statistics or
/// connections. Two that are equal let the same graph run.
package struct Fingerprint: Sendable, Codable, Equatable {
    /// SHA-256 over `objects`, hexadecimal.
    package var digest: String
    /// The beginning of each object's own SHA-256, by the object's kind and name (`table public.readings`), so that
    /// what differs can be named.
    package var objects: [String: String]

    /// What differs between two fingerprints of one server.
    package struct Difference: Sendable, Codable, Equatable {
        package enum Kind: String, Sendable, Codable { case added, removed, changed }
        package var kind: Kind
        /// `table public.readings`
        package var object: String
    }

    /// What is different now, by kind and name of the objects.
    package func differences(to present: Fingerprint) -> [Difference] {
        var result: [Difference] = []
        for (object, hash) in objects where present.objects[object] != hash {
            result.append(Difference(kind: present.objects[object] == nil ? .removed : .changed, object: object))
        }
        for object in present.objects.keys where objects[object] == nil {
            result.append(Difference(kind: .added, object: object))
        }
        return result.sorted { ($0.object, $0.kind.rawValue) < ($1.object, $1.kind.rawValue) }
    }

    init(_ collected: FingerprintCollection) {
        objects = collected.objects
        var hash = SHA256()
        for (object, short) in objects.sorted(by: { $0.key < $1.key }) { hash.update("\(object)\u{0}\(short)\n".utf8) }
        digest = hash.hexDigest()
    }
}

/// Objects' definitions on their way into a fingerprint.
struct FingerprintCollection {
    private(set) var objects: [String: String] = [:]

    /// Fields are kept apart by a character that no name or definition holds. Objects of one name are one.
    mutating func add(_ object: String, _ fields: [String?]) {
        let text = fields.map { $0.map { "=" + $0 } ?? "-" }.joined(separator: "\u{0}")
        let short = String(SHA256.hexDigest(of: text.utf8).prefix(16))
        objects[object, default: ""] += short
    }
}
