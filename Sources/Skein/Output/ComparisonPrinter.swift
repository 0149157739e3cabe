import Execution
import PlanFile
import Synchronization

/// Tells on stderr how far `verify` is: a line every 10 s, with `--log-level debug` one for each piece.
final class ComparisonPrinter: Sendable {
    private struct Memory {
        var pieces = 0
        var rows: Int64 = 0
        var last: ContinuousClock.Instant
        var display: ComparisonDisplay
    }

    private let options: GlobalOptions
    private let start = ContinuousClock.now
    private let memory: Mutex<Memory>

    /// Where the terminal shows how it goes; nil where lines tell it.
    private let display: LiveDisplay?

    init(_ options: GlobalOptions, plan: String, display: LiveDisplay?) {
        self.options = options
        self.display = display
        memory = Mutex(Memory(last: start, display: ComparisonDisplay(name: plan)))
    }

    func print(_ event: VerifyOperation.Event) {
        if let display {
            let now = (ContinuousClock.now - start) / .seconds(1)
            display.show(
                memory.withLock { memory in
                    memory.display.apply(event, now: now)
                    return memory.display.state
                })
            guard options.logLevel == .debug else { return }
        }
        if case .compared(_, let piece, _) = event { tell(piece) }
    }

    private func tell(_ piece: PieceComparison) {
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
