/// Random numbers from a seed: the same seed decides the same. Vigna's SplitMix64.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func roll(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// - Precondition: `choices` is not empty.
    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: choices.indices, using: &self)] }

    /// By weight; every weight positive.
    mutating func pick<T>(weighted choices: [(Int, T)]) -> T {
        var left = roll(1...choices.reduce(0) { $0 + $1.0 })
        for (weight, choice) in choices.dropLast() {
            if left <= weight { return choice }
            left -= weight
        }
        return choices[choices.count - 1].1
    }
}
