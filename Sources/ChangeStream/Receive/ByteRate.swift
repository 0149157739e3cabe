/// Bytes a second, over the last few of them.
struct ByteRate {
    private(set) var perSecond = 0.0
    private var total = 0
    private var taken = 0
    private var mark: (total: Int, time: ContinuousClock.Instant)?

    mutating func add(total: Int, _ now: ContinuousClock.Instant) {
        self.total = total
        guard let last = mark else {
            mark = (total, now)
            return
        }
        let seconds = (now - last.time) / .seconds(1)
        guard seconds >= 1 else { return }
        let rate = Double(total - last.total) / seconds
        // Half of it is the newest second.
        perSecond = seconds > 4 ? rate : (perSecond + rate) / 2
        mark = (total, now)
    }

    /// Bytes since the last call.
    mutating func takeNew() -> Int {
        defer { taken = total }
        return total - taken
    }
}
