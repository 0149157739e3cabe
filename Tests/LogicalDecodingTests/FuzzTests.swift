import LogicalDecoding
import Testing

@Suite struct FuzzTests {
    /// splitmix64: the same run for the same seed.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private func samples(_ plugin: Plugin) -> [[UInt8]] {
        switch plugin {
        case .pgoutput: Samples.pgoutput
        case .wal2json: Samples.wal2json
        case .testDecoding: Samples.testDecoding
        }
    }

    @Test(arguments: Plugin.allCases) func `The samples are good`(plugin: Plugin) throws {
        _ = try decode(plugin, samples(plugin))
    }

    /// Bytes changed, removed, doubled and taken from other messages: any outcome but a trap. What is decoded can be
    /// read.
    @Test(arguments: Plugin.allCases, 1...10) func `Broken messages never trap`(plugin: Plugin, seed: UInt64) {
        var random = Generator(state: seed)
        let samples = samples(plugin)
        var decoder = ChangeDecoder(plugin)
        if plugin == .pgoutput { for relation in Samples.pgoutputRelations { _ = try? decoder.owned(relation) } }
        var good = 0
        for round in 0..<10_000 {
            if round % 1000 == 0 {
                decoder = ChangeDecoder(plugin)
                if plugin == .pgoutput {
                    for relation in Samples.pgoutputRelations { _ = try? decoder.owned(relation) }
                }
            }
            var message = samples.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...4, using: &random) where !message.isEmpty {
                let place = Int.random(in: message.indices, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: message[place] = UInt8.random(in: 0...255, using: &random)
                case 1: message[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2:
                    message.removeSubrange(place..<min(message.count, place + Int.random(in: 1...8, using: &random)))
                case 3: message.insert(contentsOf: message[place...].prefix(16), at: place)
                case 4: message.removeSubrange(place...)
                default:
                    let other = samples.randomElement(using: &random)!
                    message.insert(contentsOf: other[Int.random(in: other.indices, using: &random)...], at: place)
                }
            }
            if (try? decoder.owned(message)) != nil { good += 1 }
        }
        #expect(good > 0)
    }
}
