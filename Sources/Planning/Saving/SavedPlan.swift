private import FoundationEssentials
package import PlanFile

/// What `plan --out` writes and `migrate` takes: a plan as it was compiled, without passwords, bound to what both
/// catalogs held. It holds no times, so that the same input gives the same bytes.
package struct SavedPlan: Sendable, Codable, Equatable {
    /// Of this format; another one is refused.
    package static let formatVersion = 1

    package var format: Int
    /// The version of Skein that wrote it.
    package var createdWith: String
    /// `Plan.hash`.
    package var planHash: String
    package var plan: Plan
    package var source: Fingerprint
    package var target: Fingerprint
    package var graph: MigrationGraph

    /// - Parameter plan: passwords are taken out.
    package init(
        plan: Plan, graph: MigrationGraph, source: Fingerprint, target: Fingerprint, createdWith: String,
    ) {
        format = Self.formatVersion
        self.createdWith = createdWith
        planHash = plan.hash
        self.plan = plan.withoutPasswords()
        self.source = source
        self.target = target
        self.graph = graph
    }

    /// JSON, keys sorted, ended by a line feed.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }

    /// Why a file is no saved plan that can be used.
    package enum Unreadable: Error, Equatable {
        /// Not one of ours at all.
        case notASavedPlan
        /// Another version of Skein wrote it, in a format that this one does not read.
        case format(Int, createdWith: String)
        /// Ours, but changed or cut off.
        case damaged(String)
    }

    /// Reads what `encoded` wrote.
    package static func decoded(_ bytes: [UInt8]) throws(Unreadable) -> SavedPlan {
        let decoder = JSONDecoder()
        let data = Data(bytes)
        guard let head = try? decoder.decode(Head.self, from: data) else { throw .notASavedPlan }
        guard head.format == formatVersion else { throw .format(head.format, createdWith: head.createdWith) }
        let saved: SavedPlan
        do {
            saved = try decoder.decode(SavedPlan.self, from: data)
        } catch {
            throw .damaged(String(describing: error))
        }
        guard saved.graph.isWellFormed else { throw .damaged("its tasks are not in order") }
        return saved
    }

    /// Whether a file's beginning looks like a saved plan rather than like YAML.
    package static func looksLikeOne(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.prefix(64).starts(with: "{\"createdWith\":".utf8)
    }

    private struct Head: Decodable {
        var format: Int
        var createdWith: String
    }
}

extension MigrationGraph {
    /// Every task waits for earlier ones only, and ids are unique.
    package var isWellFormed: Bool {
        Set(tasks.map(\.id)).count == tasks.count
            && tasks.enumerated().allSatisfy { position, task in task.needs.allSatisfy { (0..<position).contains($0) } }
    }
}
