import LogicalDecoding
import Testing

@testable import ChangeStream

/// A table of so many places is probed by the hash's low bits: keys that all fall into one make a batch take hours.
struct KeyHashTests {
    @Test(arguments: [2, 4, 8, 16], [1 as Int64, 256, 65_536, 1_000_000])
    func `Neighbouring keys are spread, in either form`(width: Int, step: Int64) {
        let count = 4096
        for kind in [Value.Kind.binary, .text] {
            var places: Set<UInt64> = []
            var workers = [0, 0, 0]
            for number in 0..<Int64(count) {
                let value = number &* step
                let bytes: [UInt8] =
                    kind == .text
                    ? Array("\(value)".utf8)
                    : (0..<width).map { UInt8(truncatingIfNeeded: value >> Int64(8 * (width - 1 - $0))) }
                var hash = KeyHash(table: 16_384)
                unsafe bytes.withUnsafeBytes { raw in unsafe hash.combine(StreamValue(kind, raw)) }
                places.insert(hash.value & UInt64(count - 1))
                workers[hash.owner(of: 3)] += 1
            }
            let keys = Set((0..<Int64(count)).map { kind == .text ? $0 &* step : ($0 &* step) & mask(width) }).count
            // Thrown at random, 63 of 100 places are hit.
            #expect(places.count > keys * 55 / 100, "\(kind), \(places.count) places of \(keys) keys")
            if keys == count { #expect(workers.allSatisfy { $0 > count / 4 }, "\(workers)") }
        }
    }

    private func mask(_ width: Int) -> Int64 { width >= 8 ? -1 : (1 << Int64(8 * width)) - 1 }
}
