import PlanFile
import Planning
import Testing

@testable import ChangeStream

@Suite("Chunks and their hypertables")
struct ChunkFinderTests {
    private func name(_ name: String, _ schema: String = "_timescaledb_internal") -> QualifiedName {
        QualifiedName(schema: schema, name: name)
    }

    private func table(_ name: String, prefix: String?, others: [QualifiedName] = []) -> FollowedTable {
        FollowedTable(
            name: self.name(name, "public"), sourceOID: 1, columns: [], identity: .full, pieces: [],
            chunks: .init(schema: prefix.map { _ in "_timescaledb_internal" }, prefix: prefix, others: others))
    }

    @Test("A chunk is told by its name, also one that is not there any more; users' names are looked up once")
    func names() throws {
        var asked: [QualifiedName] = []
        let tables = [
            table("readings", prefix: "_hyper_1"),
            table("ticks", prefix: "_hyper_11", others: [name("mine", "public")]),
        ]
        let finder = ChunkFinder(tables) { relation in
            asked.append(relation)
            return relation.name == "renamed" ? QualifiedName(schema: "public", name: "readings") : nil
        }
        #expect(finder.isNeeded)
        #expect(try finder.table(of: name("_hyper_1_900_chunk"))?.name == "readings")
        #expect(try finder.table(of: name("_hyper_11_900_chunk"))?.name == "ticks")
        #expect(try finder.table(of: name("mine", "public"))?.name == "ticks")
        // Others', TimescaleDB's own and what holds compressed rows.
        for other in ["_hyper_2_1_chunk", "compress_hyper_3_4_chunk", "bgw_job_stat"] {
            #expect(try finder.table(of: name(other)) == nil)
        }
        #expect(try finder.table(of: name("chunk", "_timescaledb_catalog")) == nil)
        #expect(asked == [])
        for _ in 1...2 {
            #expect(try finder.table(of: name("renamed"))?.name == "readings")
            #expect(try finder.table(of: name("log", "public")) == nil)
        }
        #expect(asked == [name("renamed"), name("log", "public")])
    }

    @Test("Where names could not be seen, each is looked up")
    func unseen() throws {
        var asked = 0
        let finder = ChunkFinder([table("readings", prefix: nil)]) { _ in
            asked += 1
            return QualifiedName(schema: "public", name: "readings")
        }
        #expect(try finder.table(of: name("_hyper_1_1_chunk"))?.name == "readings")
        #expect(asked == 1)
    }

    @Test("Bookkeeping within bookkeeping ends with the outer one")
    func bookkeeping() {
        var bookkeeping = ChunkFinder.Bookkeeping()
        func step(_ what: String) -> Bool {
            bookkeeping.note("::timescaledb-" + what)
            return bookkeeping.isUnderWay
        }
        #expect(step("compression-start") && step("decompression-start") && step("decompression-end"))
        #expect(!step("compression-end"))
        #expect(step("decompression-start") && !step("decompression-end"))
        #expect(!step("something-else"))
    }
}
