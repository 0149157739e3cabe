import Foundation
import TestServers
import Testing

@testable import Skein

/// Chromium, where one is installed; `SKEIN_CHROMIUM` names another.
enum Browser {
    static let path: String? = {
        let named = TestServers.environment("SKEIN_CHROMIUM")
        let places = [named, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].compactMap(
            \.self)
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// - Returns: what it wrote to stdout.
    static func run(_ arguments: [String], in folder: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments =
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--user-data-dir=\(folder)profile",
            ] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}

@Suite("A report in a real browser", .enabled(if: Browser.path != nil), .timeLimit(.minutes(2)), .serialized)
struct ReportBrowserTests {
    @Test func `The browser reads every section and chart, and finds no names of elements in text`() async throws {
        try await CommandFolder.with { folder in
            try folder.write(ReportPage(SampleReport.finished(), planArgument: "iot.yaml").html, to: "report.html")
            let dom = try Browser.run(["--dump-dom", "file://\(folder.path)report.html"], in: folder.path)
            #expect(dom.matches(of: /<section\s/).count == 9)
            #expect(dom.matches(of: /<svg[^>]*class="chart"/).count == 4)
            #expect(dom.contains("</html>"))
        }
    }

    @Test func `It can be looked at and printed`() async throws {
        try await CommandFolder.with { folder in
            let html = ReportPage(SampleReport.finished(tables: 40), planArgument: "iot.yaml").html
            try folder.write(html, to: "report.html")
            let address = "file://\(folder.path)report.html"
            _ = try Browser.run(
                ["--screenshot=\(folder.path)shot.png", "--window-size=1280,2000", address], in: folder.path)
            _ = try Browser.run(
                ["--no-pdf-header-footer", "--print-to-pdf=\(folder.path)report.pdf", address], in: folder.path)
            for name in ["shot.png", "report.pdf"] {
                let size = try FileManager.default.attributesOfItem(atPath: folder.path + name)[.size] as? Int
                #expect((size ?? 0) > 20_000, "\(name)")
            }
        }
    }
}
