import Foundation
import PlanFile
import TestServers
import Testing

@Suite("Reading files")
struct FileTests {
    /// What a file gives: its diagnostics without its folder.
    private func say(_ path: String, _ folder: String = "") -> String {
        var renderer = DiagnosticRenderer()
        let (plan, diagnostics) = PlanLoader.load(path: path, environment: [:])
        #expect(plan == nil)
        return renderer.text(diagnostics).replacingOccurrences(of: folder, with: "")
    }

    @Test(
        "a missing file, a directory, a pipe, a device and an unreadable file each say so at once",
        .timeLimit(.minutes(1)))
    func kinds() throws {
        try withFolder { folder in
            #expect(unsafe mkfifo(folder + "pipe", 0o600) == 0)
            try FileManager.default.createSymbolicLink(atPath: folder + "loop", withDestinationPath: "loop")
            #expect(say(folder + "no.yaml", folder) == "error: the plan `no.yaml` does not exist [SK001]\n")
            #expect(say(folder + "pipe/no.yaml", folder) == "error: the plan `pipe/no.yaml` does not exist [SK001]\n")
            #expect(say("") == "error: the plan has no usable path [SK001]\n    Name a file.\n")
            let regular = "    Name a regular file.\n"
            #expect(say(folder, folder) == "error: the plan `` is a directory [SK002]\n" + regular)
            #expect(say(folder + "pipe", folder) == "error: the plan `pipe` is a pipe [SK002]\n" + regular)
            #expect(say("/dev/zero") == "error: the plan `/dev/zero` is a device [SK002]\n" + regular)
            #expect(
                say(folder + "loop", folder)
                    == "error: the plan `loop` cannot be read: Too many levels of symbolic links [SK003]\n")
            // Opened by its owner, unreadable at its beginning, root or not.
            #expect(
                say("/proc/self/mem") == "error: the plan `/proc/self/mem` cannot be read: Input/output error [SK003]\n"
            )
        }
    }

    @Test("a file of 100 MB, or one that claims to be empty and is not, is refused in little time and memory")
    func size() throws {
        try withFolder { folder in
            try write("", to: folder + "big.yaml")
            #expect(unsafe truncate(folder + "big.yaml", 100_000_000) == 0)
            var said = ""
            let time = ProcessorTime.measure { said = say(folder + "big.yaml", folder) }
            #expect(
                said == """
                    error: the plan `big.yaml` is too large: 100000000 bytes [SK004]
                        A plan has at most 1 MiB. Is it the right file?

                    """)
            #expect(time < .milliseconds(200))

            try write(String(repeating: "#", count: 1 << 20), to: folder + "full.yaml")
            #expect(say(folder + "full.yaml", folder).contains("holds no plan"))
            try write(String(repeating: "#", count: 1 << 20 + 1), to: folder + "more.yaml")
            #expect(say(folder + "more.yaml", folder).contains("is too large: 1048577 bytes [SK004]"))
        }
    }

    @Test("bytes that are no UTF-8, and control characters, are shown where they are")
    func characters() throws {
        try withFolder { folder in
            func say(_ bytes: [UInt8]) throws -> String {
                try write(bytes, to: folder + "plan.yaml")
                return self.say(folder + "plan.yaml", folder)
            }
            let latin = try say(Array("name: a\nmode: ü".utf8) + [0xE9, 0x0A])
            #expect(
                latin == """
                    plan.yaml:2:8: error: byte 0xE9 is not UTF-8 [SK005]
                        2 | mode: ü\u{FFFD}
                          |        ^
                        Save the file as UTF-8.

                    """)
            #expect(try say([0xFF, 0xFE, 0x61, 0x00]).hasPrefix("plan.yaml:1:1: error: the file is UTF-16 [SK005]\n"))
            #expect(try say([0xFE, 0xFF, 0x00, 0x61]).hasPrefix("plan.yaml:1:1: error: the file is UTF-16 [SK005]\n"))
            #expect(
                try say(Array("name: a\nmo".utf8) + [0x00] + Array("de: live\n".utf8)) == """
                    plan.yaml:2:3: error: the file holds a NUL byte [SK006]
                        2 | mo\u{FFFD}de: live
                          |   ^
                        Remove it: a plan is plain text.

                    """)
            #expect(
                try say(Array("name: \u{1B}[31m".utf8)).hasPrefix(
                    "plan.yaml:1:7: error: the file holds the control character U+1B [SK006]\n    1 | name: \u{FFFD}[31m\n"
                ))
        }
    }

    @Test("a byte order mark and line ends of any kind are no trouble, and places are right")
    func encodings() throws {
        let plan = "name: a\nsource: {uri: service=a}\ntarget: {uri: service=b}\nmode: offline\n"
        try withFolder { folder in
            for text in ["\u{FEFF}" + plan, plan.replacingOccurrences(of: "\n", with: "\r\n")] {
                try write(text, to: folder + "plan.yaml")
                let (loaded, diagnostics) = PlanLoader.load(path: folder + "plan.yaml", environment: [:])
                #expect(diagnostics == [])
                #expect(loaded?.name.location?.column == 7 && loaded?.mode.location?.line == 4)
            }
            try write("\u{FEFF}nam: a\r\n", to: folder + "plan.yaml")
            #expect(
                say(folder + "plan.yaml", folder).hasPrefix(
                    "plan.yaml:1:1: error: unknown key `nam` in the plan [SK012]\n    1 | nam: a\n      | ^\n"))
        }
    }
}
