import Testing

/// Commands that need no server at all.
@Suite("validate, schema and explain")
struct ServerlessCommandTests {
    @Test("a valid plan is said to be so on stdout")
    func valid() async throws {
        try await CommandFolder.with { folder in
            try folder.write(RefusalTests.plan("live", name: "good-one"), to: "plan.yaml")
            let result = try await folder.skein("validate", "@plan.yaml")
            #expect(result.exitCode == 0)
            #expect(result.stdout == "plan.yaml: valid (good-one, live)\n")
            #expect(result.stderr == "")
            let document = try await folder.skein("validate", "@plan.yaml", "--json").document(
                Documents.Validation.self)
            #expect(document.valid && document.name == "good-one" && document.mode == "live")
            #expect(document.diagnostics.isEmpty)
        }
    }

    @Test("a plan with several mistakes hears of all of them")
    func several() async throws {
        try await CommandFolder.with { folder in
            try folder.write(RefusalTests.plan("ofline") + "copy: {tabel-jobs: 4}\n", to: "plan.yaml")
            let result = try await folder.skein("validate", "@plan.yaml", "--json")
            #expect(result.exitCode == 2)
            let document = try result.document(Documents.Validation.self)
            #expect(document.diagnostics.map(\.code) == ["SK026", "SK012"])
            #expect(document.diagnostics[0].location == Documents.Place(file: "plan.yaml", line: 3, column: 7))
        }
    }

    @Test("the schema is JSON on stdout, with and without --json")
    func schema() async throws {
        try await CommandFolder.with { folder in
            struct Schema: Decodable { var title: String? }
            let plain = try await folder.skein("schema")
            let json = try await folder.skein("schema", "--json")
            #expect(plain.exitCode == 0 && json.exitCode == 0)
            #expect(plain.stdout == json.stdout && plain.stderr == "" && json.stderr == "")
            #expect(plain.stdout.contains("http://json-schema.org/draft-07/schema#"))
        }
    }

    @Test("a code is explained, however it is written", arguments: ["SK101", "sk310", "SK001", "Sk902"])
    func explain(_ code: String) async throws {
        try await CommandFolder.with { folder in
            let result = try await folder.skein("explain", code)
            #expect(result.exitCode == 0)
            #expect(result.stdout.hasPrefix(code.uppercased() + ": "))
            struct Explanation: Decodable {
                var code: String
                var title: String
                var text: String?
            }
            let document = try await folder.skein("explain", code, "--json").document(Explanation.self)
            #expect(document.code == code.uppercased())
            #expect(result.stdout.contains(document.title))
        }
    }
}
