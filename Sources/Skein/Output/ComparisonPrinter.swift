import Execution
import PlanFile
import Synchronization

/// Tells on stderr how far `verify` is: a line every 10 s, with `--log-level debug` one for each piece.
final class ComparisonPrinter: Sendable {
    private struct Memory {
        var pieces = 0
        var rows: Int64 = 0
        var last: ContinuousClock.Instant
    }

    private let options: GlobalOptions
    private let start = ContinuousClock.now
    private let memory: Mutex<Memory>

    init(_ options: GlobalOptions) {
        self.options = options
        memory = Mutex(Memory(last: start))
    }

    func print(_ piece: PieceComparison) {
        let now = ContinuousClock.now
        let due = memory.withLock { memory -> Memory? in
            memory.pieces += 1
            memory.rows += piece.source.rows
            guard now - memory.last >= .seconds(10) else { return nil }
            memory.last = now
            return memory
        }
        if options.logLevel == .debug {
            let number = "\(piece.piece)/\(piece.pieces)"
            Console.error(Words.line("\(piece.isEqual ? "equal   " : "differs ") \(piece.table) \(number)"))
        } else if let due, options.isShown(.note) {
            Console.error(
                "at \(Words.duration((now - start) / .seconds(1))): \(Words.count(Int64(due.pieces), "piece")), "
                    + "\(Words.count(due.rows, "row")) compared")
        }
    }
}
