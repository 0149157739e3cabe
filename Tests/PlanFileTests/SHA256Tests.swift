import PlanFile
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "the digests are NIST's",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
        ])
    func vectors(_ text: String, _ digest: String) {
        #expect(SHA256.hexDigest(of: text.utf8) == digest)
    }

    @Test("a million times a, in pieces of any size")
    func long() {
        var hash = SHA256()
        var left = 1_000_000
        var size = 1
        while left > 0 {
            let piece = min(size, left)
            hash.update(repeatElement(UInt8(ascii: "a"), count: piece))
            left -= piece
            size = size % 200 + 1
        }
        #expect(hash.hexDigest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(hash.hexDigest() == hash.hexDigest())
    }

    @Test("every length around a block's border")
    func borders() {
        // Of n zero bytes, from coreutils' sha256sum.
        let digests = [
            55: "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7",
            56: "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb",
            63: "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971",
            64: "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b",
        ]
        for (count, digest) in digests {
            #expect(SHA256.hexDigest(of: repeatElement(0, count: count)) == digest, "\(count)")
        }
    }
}
