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

    /// JSON, keys sorted, ended by a line feed. Its last key is a checksum over all that stands before it.
    package func encoded() throws -> [UInt8] {
        let body = try body()
        return body.dropLast() + Self.ending(of: body)
    }

    /// Tasks are encoded one by one: there may be a hundred thousand, and an encoder holds many times its output.
    private func body() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var head = self
        head.graph.tasks = []
        let frame = Array(try encoder.encode(head))
        // Inside a string of JSON the quotes would be escaped, so that this is the key itself.
        guard let start = frame.firstRange(of: Array("\"tasks\":[".utf8))?.upperBound else {
            return Array(try encoder.encode(self))
        }
        var bytes = Array(frame[..<start])
        for (position, task) in graph.tasks.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += try encoder.encode(task)
        }
        return bytes + frame[start...]
    }

    /// What takes the place of the last brace.
    private static func ending(of body: [UInt8]) -> [UInt8] {
        Array(",\"sha256\":\"\(SHA256.hexDigest(of: body))\"}\n".utf8)
    }

    /// Whether a file is, byte by byte, as `encoded` wrote it.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let length = ending(of: []).count
        guard bytes.count > length else { return false }
        let body = bytes.dropLast(length) + [UInt8(ascii: "}")]
        return bytes.suffix(length).elementsEqual(ending(of: Array(body)))
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
        guard let head = try? decoder.decode(Head.self, from: data) else {
            throw looksLikeOne(bytes) ? .damaged("it is cut off, or no JSON") : .notASavedPlan
        }
        guard head.format == formatVersion else { throw .format(head.format, createdWith: head.createdWith) }
        guard isWhole(bytes) else { throw .damaged("its checksum is another one than when it was written") }
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
        // Somebody may have laid it out anew.
        bytes.prefix(64).filter { $0 > 0x20 }.starts(with: "{\"createdWith\":".utf8)
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
