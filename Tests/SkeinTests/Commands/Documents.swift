import Foundation
import Testing

/// What `--json` prints, as somebody else's program declares it: nothing of Skein's own types.
enum Documents {
    struct Place: Decodable, Equatable {
        var file: String
        var line: Int
        var column: Int
    }

    struct Finding: Decodable {
        var severity: String
        var code: String
        var summary: String
        var detail: String?
        var cure: String?
        var statement: String?
        var object: String?
        var location: Place?
    }

    /// Of every command that has no result.
    struct Failure: Decodable {
        var exit_code: Int32
        var diagnostics: [Finding]
    }

    struct Validation: Decodable {
        var valid: Bool
        var name: String?
        var mode: String?
        var diagnostics: [Finding]
    }

    struct Plan: Decodable {
        struct Server: Decodable {
            var database: String
            var version: String
            var connections: Int?
        }
        struct Name: Decodable, Equatable {
            var schema: String
            var name: String
        }
        struct Table: Decodable {
            var table: Name
            var way: String
            var pieces: Int
            var rows: Int
            var bytes: Int
            var index_bytes: Int
            var why: String
        }
        struct Task: Decodable {
            var id: String
            var needs: [String]
            var resource: String
            var done: Bool?
        }
        var name: String
        var mode: String
        var hash: String
        var source: Server
        var target: Server
        var not_yet_applied: [String]
        var tables: [Table]?
        var tasks: [Task]?
        var diagnostics: [Finding]
    }

    struct Status: Decodable {
        struct Table: Decodable {
            var table: String
            var pieces: Int
            var pieces_done: Int
            var rows: Int
            var bytes: Int
            var estimated_bytes: Int
        }
        var name: String
        var phase: String
        var is_running: Bool
        var started: String?
        var finished: String?
        var tasks: Int
        var done: Int
        var copied_rows: Int
        var copied_bytes: Int
        var total_bytes: Int
        var tables: [Table]
    }

    struct Verification: Decodable {
        struct Difference: Decodable {
            var kind: String
            var key: String?
            var source_rows: Int
            var target_rows: Int
        }
        struct Table: Decodable {
            var table: String
            var equal: Bool
            var complete: Bool
            var source_rows: Int
            var target_rows: Int
            var differences: [Difference]
        }
        var equal: Bool
        var compared_by: String
        var tables: [Table]
    }

    struct Cleaning: Decodable {
        var name: String
        var removed_state: Bool
        var removed_spool: Bool
    }

    /// One line of `migrate`.
    struct Event: Decodable {
        struct Summary: Decodable {
            struct Warning: Decodable {
                var task: String
                var text: String
            }
            var tables: Int
            var rows: Int
            var verify: String
            var warnings: [Warning]
        }
        var event: String
        var task: String?
        var tasks: Int?
        var done: Int?
        var rows: Int?
        var result: String?
        var exit_code: Int32?
        var summary: Summary?
        var diagnostics: [Finding]?
    }
}

extension SkeinProcess.Result {
    /// All of stdout as one JSON document whose keys are all in snake_case.
    func document<D: Decodable>(_ type: D.Type, sourceLocation: SourceLocation = #_sourceLocation) throws -> D {
        try Self.decode(stdout, type, sourceLocation)
    }

    /// Each line of stdout as such a document.
    func documents<D: Decodable>(_ type: D.Type, sourceLocation: SourceLocation = #_sourceLocation) throws -> [D] {
        try stdout.split(separator: "\n").map { try Self.decode(String($0), type, sourceLocation) }
    }

    private static func decode<D: Decodable>(_ text: String, _ type: D.Type, _ place: SourceLocation) throws -> D {
        let data = Data(text.utf8)
        let others = keys(try JSONSerialization.jsonObject(with: data)).filter { key in
            !key.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
        }
        #expect(others == [], "keys that are not in snake_case", sourceLocation: place)
        return try JSONDecoder().decode(type, from: data)
    }

    private static func keys(_ value: Any) -> [String] {
        switch value {
        case let object as [String: Any]: Array(object.keys) + object.values.flatMap(keys)
        case let array as [Any]: array.flatMap(keys)
        default: []
        }
    }
}
