internal import Catalog
internal import PlanFile

/// Where the chunks of a future hypertable will begin: at multiples of the chunk interval, counted from 1970 in UTC, or
/// from 0. Months count as 30 days, as TimescaleDB counts them. Nothing rests on it but speed: pieces that end between
/// chunks put two workers into one chunk.
struct ChunkAlignment {
    let scale: RangeScale
    /// In units of the scale; for dates in microseconds.
    let interval: Int128

    /// Nil where the interval does not suit the column, or is none.
    init?(_ interval: Plan.ChunkInterval?, of key: RangeKey) {
        guard let scale = key.scale else { return nil }
        self.scale = scale
        switch (scale, interval) {
        case (.integer, .integer(let value)): self.interval = Int128(value)
        case (.integer, nil):
            // TimescaleDB's defaults for smallint, integer and bigint.
            self.interval = key.column.type == 21 ? 10_000 : key.column.type == 23 ? 100_000 : 1_000_000
        case (.date, .duration(let duration)), (.timestamp, .duration(let duration)):
            let days = Int128(duration.months) * 30 + Int128(duration.days)
            self.interval = days * RangeScale.microsecondsPerDay + Int128(duration.microseconds)
        case (.date, nil), (.timestamp, nil): self.interval = 7 * RangeScale.microsecondsPerDay
        default: return nil
        }
        guard self.interval > 0 else { return nil }
    }

    /// The beginning of the chunk that holds the value; nil where the value is not read.
    func chunkBegin(_ text: String) -> String? {
        guard let number = scale.number(text) else { return nil }
        guard scale == .date else { return scale.text(number.floorDivided(by: interval) * interval) }
        let begin = (number * RangeScale.microsecondsPerDay).floorDivided(by: interval) * interval
        // A chunk that begins within a day begins, for dates, with the next one.
        return scale.text(-(-begin).floorDivided(by: RangeScale.microsecondsPerDay))
    }

    /// Borders moved to where chunks begin, each once, and none before the first value.
    func aligned(_ borders: [String], smallest: String?) -> [String] {
        let least = smallest.flatMap { scale.number($0) }
        var result: [String] = []
        for border in borders {
            guard let begin = chunkBegin(border), begin != result.last else { continue }
            if let least, let number = scale.number(begin), number <= least { continue }
            result.append(begin)
        }
        return result
    }
}
