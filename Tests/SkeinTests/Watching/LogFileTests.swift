@testable import Chaos
import Foundation
import Synchronization
import Testing

@testable import Skein

@Suite("A log file")
struct LogFileTests {
    @Test("is gone on with, with the number of lines that were lost, once its disk has room again")
    func full() async throws {
        let folder = NSTemporaryDirectory() + "skein-log-\(UUID().uuidString.prefix(8))"
        let disk = try SpoolDisk(folder, bytes: 64 << 10)
        defer {
            disk.remove()
            try? FileManager.default.removeItem(atPath: folder)
        }
        let troubles = Mutex<[String]>([])
        let log = try LogFile(path: folder + "/log") {
            "lost \($0)"
        } onTrouble: { reason in
            troubles.withLock { $0.append(reason) }
        }
        let line = String(repeating: "x", count: 1_000)
        for number in 0..<100 { log.add("\(number) " + line) }
        try await Task.sleep(for: .milliseconds(500))
        try disk.enlarge()
        log.add("again")
        log.close()
        log.add("too late")
        let lines = try String(contentsOfFile: folder + "/log", encoding: .utf8).split(separator: "\n").map(String.init)
        let whole = lines.count { $0.hasSuffix(line) }
        #expect(whole > 40 && whole < 70)
        #expect(lines.suffix(2) == ["lost \(100 - whole)", "again"], "\(lines.suffix(3))")
        #expect(troubles.withLock(\.self) == ["No space left on device"])
    }
}
